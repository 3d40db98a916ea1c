import Testing

@testable import RPC

/// gzip messages, well made and not. Files whose bytes are given here were made by another program,
/// Python's `gzip`, of `hello`.
@Suite struct GzipTests {
  static let hello = Array("hello".utf8)
  static let helloFile: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 0xFF, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6, 0x10,
    0x36, 5,
    0, 0, 0,
  ]
  /// The same with a file name in its header.
  static let namedFile: [UInt8] =
    [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 2, 0xFF, 0x61, 0x2E, 0x62, 0] + helloFile[10...]
  static let emptyFile: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]

  /// What `bytes` decompress to, with an inflater that has done other things before.
  private func decompress(
    _ bytes: [UInt8], limit: Int = 1000, _ inflater: Inflater = Inflater()
  ) throws -> [UInt8] {
    defer { inflater.forget() }
    return try bytes.withUnsafeBytes { Array(try inflater.decompress($0, limit: limit)) }
  }

  /// The gzip file of `bytes`; nil where it isn't smaller.
  static func compress(_ bytes: [UInt8], _ deflater: Deflater = Deflater()) -> [UInt8]? {
    defer { deflater.forget() }
    deflater.room(for: bytes.count)?.copyMemory(from: bytes, byteCount: bytes.count)
    return deflater.compress().map { Array($0) }
  }

  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  @Test(arguments: [
    ("a file", helloFile, hello), ("with a name", namedFile, hello), ("empty", emptyFile, []),
    ("two members", helloFile + helloFile, hello + hello),
    ("with empty members", emptyFile + helloFile + emptyFile, hello),
  ])
  func decompresses(name: String, file: [UInt8], message: [UInt8]) throws {
    #expect(try decompress(file) == message, "\(name)")
  }

  static let damaged: [(name: String, file: [UInt8], failure: Inflater.Failure)] = [
    ("nothing", [], .truncated),
    ("no gzip", hello, .damaged("incorrect header check")),
    ("zlib's own header", [0x78, 0x9C, 0xCB, 0x48], .damaged("incorrect header check")),
    ("another method", [0x1F, 0x8B, 7] + helloFile[3...], .damaged("unknown compression method")),
    (
      "flags of no meaning", [0x1F, 0x8B, 8, 0xE0] + helloFile[4...],
      .damaged("unknown header flags set")
    ),
    ("a reserved block", helloFile[..<10] + [0x07, 0, 0], .damaged("invalid block type")),
    ("check sum", helloFile[..<17] + [0] + helloFile[18...], .damaged("incorrect data check")),
    ("size", helloFile[..<21] + [6] + helloFile[22...], .damaged("incorrect length check")),
    ("a zero behind", helloFile + [0], .trailingBytes),
    ("text behind", helloFile + hello, .trailingBytes),
    ("half a magic number", helloFile + [0x1F], .trailingBytes),
    ("a member cut short", helloFile + helloFile.dropLast(), .truncated),
  ]

  @Test(arguments: damaged.indices)
  func refusesWhatIsDamaged(index: Int) {
    let row = Self.damaged[index]
    #expect(throws: row.failure, "\(row.name)") { try decompress(row.file) }
  }

  @Test func refusesEveryBeginning() {
    let inflater = Inflater()
    for count in 0..<Self.helloFile.count {
      #expect(throws: Inflater.Failure.truncated, "\(count)") {
        try decompress(Array(Self.helloFile[..<count]), inflater)
      }
    }
  }

  /// As much as the limit is taken, and a byte more isn't, wherever zlib's buffers end.
  @Test(arguments: [1, 5, 4095, 4096, 4097, 10_000, 70_000])
  func keepsTheLimit(size: Int) throws {
    let message = Self.zeros(size)
    let file = size < 30 ? Self.stored(message) : try #require(Self.compress(message))
    let inflater = Inflater()
    #expect(try decompress(file, limit: size, inflater) == message)
    #expect(throws: Inflater.Failure.tooLarge(limit: size - 1)) {
      try decompress(file, limit: size - 1, inflater)
    }
    #expect(try decompress(file, limit: size + 1, inflater) == message)
  }

  /// A bomb takes no more than the limit, whatever size it announces.
  @Test(arguments: [[], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF]])
  func takesNoMemoryBeyondTheLimit(announced: [UInt8]) throws {
    let bomb = try #require(Self.compress(Self.zeros(50_000_000)))
    #expect(bomb.count < 300_000)
    let inflater = Inflater()
    #expect(throws: Inflater.Failure.tooLarge(limit: 100_000)) {
      _ = try (bomb.dropLast(announced.count) + announced).withUnsafeBytes { bytes in
        try inflater.decompress(bytes, limit: 100_000)
      }
    }
    #expect(inflater.roomBytes <= 100_000)
    inflater.forget()
    #expect(inflater.roomBytes <= Limits.pooledScratchBytes)
  }

  /// Members without end, each of which is small.
  @Test func limitsAllMembersTogether() throws {
    let file = Array(repeatElement(Self.helloFile, count: 300).joined())
    #expect(try decompress(file, limit: 1500).count == 1500)
    #expect(throws: Inflater.Failure.tooLarge(limit: 1499)) { try decompress(file, limit: 1499) }
  }

  @Test(arguments: [100, 5000, 200_000, 2_000_000])
  func comesBack(size: Int) throws {
    var generator = SystemRandomNumberGenerator()
    // Digits, so that there is something to save, and nothing that repeats itself.
    let message = (0..<size).map { _ in UInt8.random(in: 0x30...0x39, using: &generator) }
    let file = try #require(Self.compress(message))
    #expect(file.count < message.count)
    #expect(try decompress(file, limit: size) == message)
  }

  /// States and memory are used again, whatever came of the message before.
  @Test func oneStateForManyMessages() throws {
    let (inflater, deflater) = (Inflater(), Deflater())
    for size in [100, 1_000_000, 50, 300, 100_000] {
      let message = Self.zeros(size)
      let file = try #require(Self.compress(message, deflater))
      #expect(try decompress(file, limit: size, inflater) == message)
      #expect(throws: Inflater.Failure.self) {
        try decompress(file.dropLast(), limit: size, inflater)
      }
      #expect(throws: Inflater.Failure.self) { try decompress(file, limit: 10, inflater) }
    }
  }

  @Test(arguments: [[], [1], hello, Array(0...255)])
  func leavesAloneWhatWouldGrow(message: [UInt8]) {
    #expect(Self.compress(message) == nil)
  }

  /// A gzip file whose only block isn't compressed.
  private static func stored(_ message: [UInt8]) -> [UInt8] {
    var check: UInt32 = 0xFFFF_FFFF
    for byte in message {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 0 ? check >> 1 : check >> 1 ^ 0xEDB8_8320 }
    }
    let count = UInt8(message.count)
    let sum = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: ~check >> UInt32($0)) }
    return emptyFile[..<10] + [1, count, 0, ~count, 0xFF] + message + sum + [count, 0, 0, 0]
  }
}
