internal import HTTP2

/// Cuts messages out of the bytes of a stream: each is a flag (compressed or not), four bytes of
/// length, big-endian, and the message. It also says how much flow-control credit to give back.
///
/// Credit for a message is given back when it is taken, so a reader who doesn't take stops the sender
/// after a window of bytes. The exception is a message that is waited for and isn't all there: its
/// bytes are credited as they come, or one larger than the window could never arrive.
struct MessageReader: ~Copyable {
  /// What the front of the queue holds.
  enum Front: Equatable {
    /// Not a whole message yet.
    case incomplete
    /// A whole message of so many bytes behind its prefix.
    case message(count: Int)
    /// Bytes that can't become a message that is accepted; no more can be read.
    case refused(Refusal)
  }

  enum Refusal: Equatable {
    case tooLarge(announced: Int)
    case compressed
    case badFlag
  }

  // Its memory is kept while the call goes on: messages of a stream are often of one size.
  private var queue = ByteQueue(keeping: .max)
  /// Bytes at the front of the queue for which credit was already given back.
  private var creditedAhead = 0
  var limit: Int
  /// Whether messages may be compressed.
  var takesCompressed = false

  init(limit: Int) { self.limit = limit }

  /// Bytes that came and weren't taken.
  var count: Int { queue.count }
  var isEmpty: Bool { queue.count == 0 }

  /// Whether what came so far is one message and nothing else.
  var holdsExactlyOne: Bool {
    guard case .message(let count) = front() else { return false }
    return queue.count == Limits.messagePrefix + count
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) { queue.append(bytes) }

  /// What can be taken now.
  func front() -> Front {
    let bytes = queue.bytes
    guard bytes.count >= Limits.messagePrefix else { return .incomplete }
    let flag = bytes[0]
    if flag != 0 {
      if flag > 1 { return .refused(.badFlag) }
      if !takesCompressed { return .refused(.compressed) }
    }
    let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
    if length > limit { return .refused(.tooLarge(announced: length)) }
    let whole = Limits.messagePrefix + length
    if bytes.count >= whole { return .message(count: length) }
    return .incomplete
  }

  /// Whether the message that `front` announced is compressed.
  var isFrontCompressed: Bool { queue.bytes.first == 1 }

  /// The message of `count` bytes that `front` announced; valid until the next change.
  func message(count: Int) -> UnsafeRawBufferPointer {
    let bytes = queue.bytes
    return UnsafeRawBufferPointer(
      rebasing: bytes[Limits.messagePrefix..<Limits.messagePrefix + count])
  }

  /// Takes the message of `count` bytes from the front; returns the credit to give back.
  mutating func remove(count: Int) -> Int {
    let whole = Limits.messagePrefix + count
    queue.removeFirst(whole)
    let credit = max(0, whole - creditedAhead)
    creditedAhead = max(0, creditedAhead - whole)
    return credit
  }

  /// A message is waited for that isn't all there; returns the credit to give back.
  mutating func creditIncomplete() -> Int {
    let credit = queue.count - creditedAhead
    creditedAhead = queue.count
    return credit
  }

  /// Drops everything; returns the credit to give back.
  mutating func drain() -> Int {
    let credit = creditIncomplete()
    queue.removeAll(keeping: Limits.pooledBufferBytes)
    creditedAhead = 0
    return credit
  }
}
