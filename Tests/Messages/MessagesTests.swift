import Messages
import Testing

@Test func anyComesBackAsItWas() throws {
  let any = ProtoAny(typeURL: "type.googleapis.com/x", value: [1, 0, 255])
  #expect(try ProtoAny(decoding: any.encoded()) == any)
}
