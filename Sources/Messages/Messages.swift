// Messages: plain Swift values to and from protobuf's wire; the only caller of protobuf-c.
