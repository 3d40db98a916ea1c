import Testing

@testable import RPC

@Suite struct MessageReaderTests {
  /// A message as it goes over the wire.
  static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    let count = UInt32(message.count)
    let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
    return [flag] + length + message
  }

  /// Takes whatever can be taken.
  static func takeAll(_ reader: inout MessageReader) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    while case .message(let count) = reader.front() {
      messages.append(Array(reader.message(count: count)))
      _ = reader.remove(count: count)
    }
    return messages
  }

  /// Whatever the pieces in which the bytes come, the messages are the same.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 64, 1000, 100_000])
  func cutsMessagesOutOfAnyPieces(size: Int) {
    let messages: [[UInt8]] = [
      [], [1], [], [2, 3], (0..<1000).map { UInt8(truncatingIfNeeded: $0) }, [4],
    ]
    let bytes = messages.flatMap { Self.framed($0) }
    var reader = MessageReader(limit: 1000)
    var taken: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { reader.append($0) }
      taken += Self.takeAll(&reader)
    }
    #expect(taken == messages)
    let (isEmpty, front) = (reader.isEmpty, reader.front())
    #expect(isEmpty)
    #expect(front == .incomplete)
  }

  @Test(
    arguments: [
      ([0, 0, 0, 0], .incomplete), ([0, 0, 0, 0, 0], .message(count: 0)),
      ([0, 0, 0, 0, 10], .incomplete), ([0, 0, 0, 0, 11], .refused(.tooLarge(announced: 11))),
      ([0, 0xFF, 0xFF, 0xFF, 0xFF], .refused(.tooLarge(announced: 0xFFFF_FFFF))),
      ([1, 0, 0, 0, 0], .refused(.compressed)), ([2, 0, 0, 0, 0], .refused(.badFlag)),
      ([0xFF, 0, 0, 0, 0], .refused(.badFlag)),
    ] as [([UInt8], MessageReader.Front)])
  func readsThePrefix(bytes: [UInt8], expected: MessageReader.Front) {
    var reader = MessageReader(limit: 10)
    bytes.withUnsafeBytes { reader.append($0) }
    let front = reader.front()
    #expect(front == expected)
  }

  @Test(arguments: [
    ([], false), (framed([1]), true), (framed([]), true), (framed([1]) + [0], false),
    (framed([1]) + framed([2]), false), (Array(framed([1, 2]).dropLast()), false),
  ])
  func tellsWhetherThereIsExactlyOne(bytes: [UInt8], expected: Bool) {
    var reader = MessageReader(limit: 10)
    bytes.withUnsafeBytes { reader.append($0) }
    let holdsExactlyOne = reader.holdsExactlyOne
    #expect(holdsExactlyOne == expected)
  }

  @Test func givesCreditWhenAMessageIsTaken() {
    var reader = MessageReader(limit: 100)
    (Self.framed([1, 2, 3]) + Self.framed([4])).withUnsafeBytes { reader.append($0) }
    let credits = [reader.remove(count: 3), reader.remove(count: 1)]
    #expect(credits == [8, 6])
  }

  @Test func givesCreditAheadForWhatIsWaitedFor() {
    var reader = MessageReader(limit: 100)
    let bytes = Self.framed([UInt8](repeating: 7, count: 20))
    bytes[..<10].withUnsafeBytes { reader.append($0) }
    var credits = [reader.creditIncomplete(), reader.creditIncomplete()]
    bytes[10...].withUnsafeBytes { reader.append($0) }
    credits.append(reader.remove(count: 20))
    #expect(credits == [10, 0, 15])
  }

  /// The credit given back is what came in, whatever happens in between.
  @Test func creditAddsUp() {
    let bytes = (0..<50).flatMap { Self.framed([UInt8](repeating: 1, count: $0)) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      var reader = MessageReader(limit: 100)
      var credit = 0
      var offset = 0
      while offset < bytes.count {
        let end = min(bytes.count, offset + Int.random(in: 1...40, using: &generator))
        bytes[offset..<end].withUnsafeBytes { reader.append($0) }
        offset = end
        switch reader.front() {
        case .message(let count) where Bool.random(using: &generator):
          credit += reader.remove(count: count)
        case .incomplete where Bool.random(using: &generator): credit += reader.creditIncomplete()
        default: break
        }
        #expect(credit <= offset)
      }
      credit += reader.drain()
      #expect(credit == bytes.count)
    }
  }
}
