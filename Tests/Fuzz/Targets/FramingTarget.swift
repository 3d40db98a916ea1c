// The framing of messages: bytes come in pieces, messages are taken at moments that the input picks. However
// the bytes are cut, the messages are those that are in them, and every byte's credit is given back once.

@testable import RPC

func fuzzFraming(_ input: inout Input) {
  let choice = input.byte()
  let limit = [16, 64, 1024, 4 << 20][Int(choice % 4)]
  var reader = MessageReader(limit: limit)
  reader.takesCompressed = choice & 4 != 0
  var expected = ExpectedFrames(limit: limit, takesCompressed: reader.takesCompressed)
  var credit = 0
  while !input.isEmpty {
    let step = input.byte()
    switch step % 4 {
    case 0, 1:
      let piece = input.take(Int(step / 4) + 1)
      reader.append(piece)
      expected.bytes.append(contentsOf: piece)
    case 2:
      guard case .message(let count) = reader.front() else { break }
      precondition(reader.isFrontCompressed == (expected.bytes[expected.taken] == 1))
      precondition(Array(reader.message(count: count)) == expected.next(), "another message")
      credit += reader.remove(count: count)
    default:
      // Credit ahead is for a message that is waited for, so only while there is none to take.
      if case .incomplete = reader.front() { credit += reader.creditIncomplete() }
    }
    precondition(reader.front() == expected.front, "\(reader.front()) isn't \(expected.front)")
    precondition(reader.count == expected.bytes.count - expected.taken)
    precondition(credit <= expected.bytes.count, "credit for bytes that never came")
    precondition(credit >= expected.taken, "a message was taken without its credit")
  }
  credit += reader.drain()
  precondition(credit == expected.bytes.count, "\(credit) for \(expected.bytes.count) bytes")
  precondition(reader.isEmpty)
}

/// What should come out, worked out from all bytes at once.
private struct ExpectedFrames {
  let limit: Int
  let takesCompressed: Bool
  var bytes: [UInt8] = []
  var taken = 0

  init(limit: Int, takesCompressed: Bool) {
    self.limit = limit
    self.takesCompressed = takesCompressed
  }

  var front: MessageReader.Front {
    let rest = bytes[taken...]
    guard rest.count >= 5, let flag = rest.first else { return .incomplete }
    if flag == 1, !takesCompressed { return .refused(.compressed) }
    if flag > 1 { return .refused(.badFlag) }
    let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
    if length > limit { return .refused(.tooLarge(announced: length)) }
    return rest.count < 5 + length ? .incomplete : .message(count: length)
  }

  /// The message at the front, which is there.
  mutating func next() -> [UInt8] {
    guard case .message(let count) = front else { preconditionFailure("there is no message") }
    defer { taken += 5 + count }
    return Array(bytes[(taken + 5)..<(taken + 5 + count)])
  }
}
