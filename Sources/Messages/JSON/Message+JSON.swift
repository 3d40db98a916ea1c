internal import CMessages

extension Message {
  /// The message in proto3's JSON mapping, in one line: names in lowerCamelCase, numbers of 64 bits as
  /// strings, enums by name, bytes in Base64, times as RFC 3339 has them; what has its default value
  /// is left out. `google.protobuf.Any` and `FieldMask` come as plain messages.
  public func json() throws(EncodingFailure) -> String {
    let wire = try encoded()
    let schema = Self.schema.assumingMemoryBound(to: WireMessage.self)
    let text = wire.withUnsafeBytes { bytes -> String? in
      guard let start = bytes.baseAddress else { return "{}" }
      var writer = JSONWriter(bytes: start)
      do throws(DecodingFailure) {
        try writer.message(0..<bytes.count, schema)
        return writer.text
      } catch {
        return nil
      }
    }
    // What was just encoded can be read.
    guard let text else { throw EncodingFailure(.memoryLimit) }
    return text
  }
}
