import Messages
import TestMessages
import Testing

/// What a message is refused for before protobuf-c sees it, and what name the field goes by.
@Suite struct RefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var expected: DecodingFailure

    init(_ name: String, _ bytes: [UInt8], _ reason: DecodingFailure.Reason, _ field: String = "") {
      testDescription = name
      self.bytes = bytes
      expected = DecodingFailure(reason, field: field)
    }
  }

  static let strings: [Case] = [
    Case("NUL", wire(14, "a\0b"), .nulInString, "string_value"),
    Case("NUL alone", wire(14, [0]), .nulInString, "string_value"),
    Case("NUL after eight bytes", wire(14, "12345678\0"), .nulInString, "string_value"),
    Case("NUL among eight bytes", wire(14, "1234567\0abcdefgh"), .nulInString, "string_value"),
    Case("NUL after a wide character", wire(14, "ü\0"), .nulInString, "string_value"),
    Case("lone continuation", wire(14, [0x80]), .invalidUTF8, "string_value"),
    Case("cut character", wire(14, [0xe2, 0x82]), .invalidUTF8, "string_value"),
    Case("overlong two", wire(14, [0xc0, 0x80]), .invalidUTF8, "string_value"),
    Case("overlong three", wire(14, [0xe0, 0x9f, 0xbf]), .invalidUTF8, "string_value"),
    Case("overlong four", wire(14, [0xf0, 0x8f, 0xbf, 0xbf]), .invalidUTF8, "string_value"),
    Case("surrogate", wire(14, [0xed, 0xa0, 0x80]), .invalidUTF8, "string_value"),
    Case("beyond Unicode", wire(14, [0xf4, 0x90, 0x80, 0x80]), .invalidUTF8, "string_value"),
    Case("0xff late", wire(14, Array("1234567890".utf8) + [0xff]), .invalidUTF8, "string_value"),
    Case("third byte", wire(14, [0xe2, 0x82, 0x41]), .invalidUTF8, "string_value"),
    Case("in a message", wire(17, wire(1, [0xff])), .invalidUTF8, "leaf.name"),
    Case("in a part", wire(17, "") + wire(17, wire(1, [0xff])), .invalidUTF8, "leaf.name"),
  ]

  @Test(arguments: strings)
  func refusesStrings(_ row: Case) {
    #expect(throws: row.expected) { try Plain(decoding: row.bytes) }
  }

  static let lists: [Case] = [
    Case("second of a list", wire(14, "a") + wire(14, [0xff]), .invalidUTF8, "string_values[1]"),
    Case(
      "in a message of a list", wire(17, "") + wire(14, "") + wire(17, wire(3, "") + wire(3, [0])),
      .nulInString, "leaves[1].tags[1]"),
    Case("packed run cut short", wire(3, [1, 0x80]), .malformed, "int32_values"),
    Case("packed run of odd size", wire(9, [1, 2, 3, 4, 5]), .malformed, "fixed32_values"),
    Case("packed run of odd doubles", wire(1, [0, 0, 0, 0]), .malformed, "double_values"),
    Case(
      "packed value of eleven bytes",
      wire(4, Array(repeating: 0xff, count: 10) + [1]), .malformed, "int64_values"),
  ]

  @Test(arguments: lists)
  func namesPlacesInLists(_ row: Case) {
    #expect(throws: row.expected) { try Lists(decoding: row.bytes) }
  }

  static let malformed: [Case] = [
    Case("number 0", [0x02, 0x00], .malformed),
    Case("wire type 6", [0x0e], .malformed),
    Case("wire type 7", [0x0f], .malformed),
    Case("end of a group that didn't begin", [0x0c], .malformed),
    Case("group that doesn't end", [0x0b, 0x08, 0x01], .malformed),
    Case("group that ends as another", [0x0b, 0x14], .malformed),
    Case("tag cut short", [0x80], .malformed),
    Case("tag of six bytes", [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00], .malformed),
    Case("tag beyond 32 bits", [0xf8, 0xff, 0xff, 0xff, 0x1f, 0x00], .malformed),
    Case("varint cut short", [0x18, 0xff], .malformed),
    Case("varint of eleven bytes", [0x18] + Array(repeating: 0xff, count: 10) + [1], .malformed),
    Case("eight bytes cut short", [0x09, 1, 2, 3, 4, 5, 6, 7], .malformed),
    Case("four bytes cut short", [0x15, 1, 2, 3], .malformed),
    Case("length without bytes", [0x72, 0x05], .malformed),
    Case("length near 2^32", [0x72, 0xff, 0xff, 0xff, 0xff, 0x0f], .malformed),
    Case("cut inside a message", wire(17, [0x0a, 0x05]), .malformed, "leaf"),
  ]

  @Test(arguments: malformed)
  func refusesMalformed(_ row: Case) {
    #expect(throws: row.expected) { try Plain(decoding: row.bytes) }
  }

  @Test func takesNestingUpToTheLimit() throws {
    var bytes: [UInt8] = []
    for _ in 1..<Limits.nesting { bytes = wire(2, bytes) }
    #expect(try Tree(decoding: bytes).encoded() == bytes)
    let tooDeep = wire(2, bytes)
    let failure = #expect(throws: DecodingFailure.self) { try Tree(decoding: tooDeep) }
    #expect(failure?.reason == .nestedTooDeep)
    #expect(failure?.field.hasPrefix("children[0].children[0]") == true)
    #expect((failure?.field.count ?? 0) <= Limits.fieldPath)
  }

  @Test func refusesNestingFarBeyondTheLimit() throws {
    var bytes: [UInt8] = []
    for _ in 0..<20_000 { bytes = wire(2, bytes) }
    let failure = #expect(throws: DecodingFailure.self) { try Tree(decoding: bytes) }
    #expect(failure?.reason == .nestedTooDeep)
    let groups = [UInt8](repeating: 0x0b, count: 20_000)
    #expect(throws: DecodingFailure(.nestedTooDeep)) { try Tree(decoding: groups) }
  }

  /// Two bytes of input, 150 and more of memory.
  @Test func refusesWhatWouldTakeTooMuchMemory() throws {
    let many = Array(repeating: wire(17, ""), count: 10_000).flatMap { $0 }
    let arena = Arena(limit: 100_000)
    #expect(throws: DecodingFailure(.memoryLimit)) { try decode(Lists.self, many, arena) }
    #expect(arena.used <= 100_000)
    // The arena serves the next message as if nothing had been.
    #expect(try decode(Lists.self, wire(17, ""), arena).leaves.count == 1)
    #expect(try decode(Lists.self, many, Arena(limit: 10_000_000)).leaves.count == 10_000)
  }

  @Test func refusesToEncodeWhatWouldTakeTooMuchMemory() throws {
    let long = Plain(stringValue: String(repeating: "x", count: 100_000))
    let arena = Arena(limit: 50_000)
    #expect(throws: EncodingFailure(.memoryLimit)) {
      try long.encode(using: arena) { _ in preconditionFailure("must not get here") }
    }
  }
}
