import Messages
import TestMessages
import Testing

/// Protobuf's rules where protobuf-c alone breaks them, and what we keep of input we don't know.
@Suite struct WireRuleTests {
  @Test func putsTogetherAMessageInParts() throws {
    let bytes =
      wire(17, wire(1, "first") + varint(2, 5) + wire(3, "a") + wire(4, varint(1, 9)))
      + wire(14, "between")
      + wire(17, wire(1, "second") + wire(3, "b") + wire(4, wire(2, "inner")))
    let expected = Plain(
      stringValue: "between",
      leaf: Leaf(
        name: "second", weight: 5, tags: ["a", "b"],
        inner: Leaf.Inner(number: 9, text: "inner")))
    #expect(try Plain(decoding: bytes) == expected)
  }

  struct OneofCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var expected: Choices.Value?

    init(_ name: String, _ bytes: [UInt8], _ expected: Choices.Value?) {
      testDescription = name
      self.bytes = bytes
      self.expected = expected
    }
  }

  static let oneofs: [OneofCase] = [
    OneofCase("none", [], nil),
    OneofCase("zero counts", varint(2, 0), .int64Value(0)),
    OneofCase("empty string counts", wire(6, ""), .stringValue("")),
    OneofCase("empty message counts", wire(9, ""), .leaf(Leaf())),
    OneofCase("the last counts", wire(6, "a") + varint(2, 4), .int64Value(4)),
    OneofCase("the last of one counts", wire(6, "a") + wire(6, "b"), .stringValue("b")),
    OneofCase(
      "parts are put together", wire(9, varint(2, 1)) + wire(9, wire(1, "x")),
      .leaf(Leaf(name: "x", weight: 1))),
    OneofCase(
      "but not across another", wire(9, varint(2, 1)) + wire(6, "a") + wire(9, wire(1, "x")),
      .leaf(Leaf(name: "x"))),
    OneofCase(
      "nor across another message",
      wire(9, varint(2, 1)) + wire(9, wire(1, "y")) + wire(10, wire(1, "x")),
      .otherLeaf(Leaf(name: "x"))),
    OneofCase("another wire type is none of it", varint(2, 4) + varint(6, 1), .int64Value(4)),
  ]

  @Test(arguments: oneofs)
  func readsOneofs(_ row: OneofCase) throws {
    #expect(try Choices(decoding: row.bytes) == Choices(value: row.expected))
  }

  /// An older or newer client may have another type for a number.
  @Test func ignoresFieldsOfAnotherWireType() throws {
    let other = Other(
      doubleValue: "text", int32Value: Leaf(name: "x"), stringValue: 7, leaf: 9, later: [1, 2])
    #expect(try Plain(decoding: other.encoded()) == Plain())
    let mixed = try other.encoded() + Plain(stringValue: "kept", leaf: Leaf(name: "y")).encoded()
    #expect(try Plain(decoding: mixed) == Plain(stringValue: "kept", leaf: Leaf(name: "y")))
  }

  @Test(arguments: [
    varint(99, 1), wire(99, "abc"), [0x9d, 0x06, 1, 2, 3, 4], [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
    [0x9b, 0x06, 0x9c, 0x06], [0x0b, 0x13, 0x08, 0x01, 0x14, 0x0c],
  ])
  func dropsUnknownFields(_ unknown: [UInt8]) throws {
    let known = try Plain(int32Value: 1, leaf: Leaf(name: "y")).encoded()
    #expect(try Plain(decoding: unknown + known + unknown).encoded() == known)
    let nested = wire(17, wire(1, "y") + unknown)
    #expect(try Plain(decoding: nested) == Plain(leaf: Leaf(name: "y")))
  }

  @Test func keepsEnumNumbersItDoesNotKnow() throws {
    let message = try Plain(decoding: varint(16, 99))
    #expect(message.color == .unrecognized(99))
    #expect(try message.encoded() == [0x80, 0x01, 99])
    let negative = Plain(color: .unrecognized(-1))
    #expect(try Plain(decoding: negative.encoded()) == negative)
    #expect(
      try Lists(decoding: wire(16, [1, 99, 0])).colors == [.red, .unrecognized(99), .unspecified])
  }

  @Test func namesEnumsInSwiftsWay() {
    #expect(Color(rawValue: 1) == .red)
    #expect(Color.crimson == .red)
    #expect(Color.default.rawValue == 7)
    #expect(Color.minus.rawValue == -3)
    #expect(Color.color3d.rawValue == 8)
  }

  @Test func keepsMinusZero() throws {
    let message = Plain(doubleValue: -0.0, floatValue: -0.0)
    let bytes = try message.encoded()
    #expect(bytes == [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x15, 0, 0, 0, 0x80])
    let back = try Plain(decoding: bytes)
    #expect(back.doubleValue.sign == .minus && back.floatValue.sign == .minus)
    #expect(try Plain(doubleValue: 0, floatValue: 0).encoded() == [])
  }

  @Test func tellsAbsentFromDefault() throws {
    #expect(try OptionalScalars().encoded() == [])
    let present = OptionalScalars(
      doubleValue: 0, int64Value: 0, boolValue: false, stringValue: "", bytesValue: [],
      color: .unspecified, leaf: Leaf())
    let back = try OptionalScalars(decoding: present.encoded())
    #expect(back == present)
    #expect(back.floatValue == nil && back.stringValue == "" && back.boolValue == false)
  }

  @Test func takesListsPackedAndNot() throws {
    let packed = wire(3, [1, 2]) + wire(9, [1, 0, 0, 0])
    let unpacked = varint(3, 1) + varint(3, 2) + [0x4d, 1, 0, 0, 0]
    #expect(try Lists(decoding: packed) == Lists(int32Values: [1, 2], fixed32Values: [1]))
    #expect(try Lists(decoding: unpacked) == Lists(decoding: packed))
    #expect(try Lists(decoding: wire(3, [1]) + varint(3, 2)).int32Values == [1, 2])
    #expect(try Lists(int32Values: [1, 2]).encoded() == wire(3, [1, 2]))
    #expect(try Unpacked(int32Values: [1, 2]).encoded() == [0x08, 1, 0x08, 2])
  }

  @Test func writesEqualMapsAsEqualBytes() throws {
    let words = ["a", "b", "c", "d", "e", "f", "g"]
    let map = Dictionary(uniqueKeysWithValues: words.map { ($0, $0) })
    let reversed = Dictionary(uniqueKeysWithValues: words.reversed().map { ($0, $0) })
    #expect(try Maps(byString: map).encoded() == Maps(byString: reversed).encoded())
    let bytes = wire(1, wire(1, "k") + wire(2, "old")) + wire(1, wire(1, "k") + wire(2, "new"))
    #expect(try Maps(decoding: bytes).byString == ["k": "new"])
    #expect(try Maps(decoding: wire(5, varint(1, 7))).byUint64 == [7: Leaf()])
    #expect(try Maps(decoding: wire(1, "")).byString == ["": ""])
  }
}
