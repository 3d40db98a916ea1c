/// The requests of a batch, or of a part of it, as one row.
///
/// The hashes lie apart from the rest and before it, 8 bytes each: the start reads them of all rows,
/// and nothing else. An entry is
///
///     byte    1 where caller, business and method are those of the entry before, else 0
///     text    caller, business, method: only after a 0
///     text    request id
///     text    hash of the body, answer: bytes
///
/// A text is its length, 7 bits a byte, the lowest first, and its bytes. The sequence of an entry is
/// its place behind the row's first.
struct RequestChunk {
  /// Requests in a row: what a repeat walks through at most.
  static let mostRequests = 256
  /// A row of so many bytes takes no more requests: what a repeat reads.
  static let fullBytes = 32_768

  let first: Int64
  var boot: BootTime
  private(set) var count = 0
  private(set) var hashes: [UInt8] = []
  private(set) var entries: [UInt8] = []
  /// Of the entry before; nil where the next one has to name them again.
  private var names: (caller: String, business: String, method: String)?

  init(first: Int64, boot: BootTime) {
    self.first = first
    self.boot = boot
  }

  var last: Int64 { first + Int64(count) - 1 }

  /// Whether the request of this sequence can be the next.
  func takes(_ sequence: Int64) -> Bool {
    sequence == first + Int64(count) && count < Self.mostRequests && entries.count < Self.fullBytes
  }

  mutating func append(_ key: RequestKey, hash: UInt64, _ answer: [UInt8]) {
    if count == 0 {
      hashes.reserveCapacity(8 * 64)
      entries.reserveCapacity(8_192)
    }
    withUnsafeBytes(of: hash.littleEndian) { hashes.append(contentsOf: $0) }
    if let names, key.isCalled(names.caller, names.business, names.method) {
      entries.append(1)
    } else {
      names = (key.caller, key.business, key.method)
      entries.append(0)
      append(key.caller)
      append(key.business)
      append(key.method)
    }
    append(key.requestID)
    append(key.bodyHash)
    append(answer)
    count += 1
  }

  /// How far it was.
  struct Mark {
    fileprivate var count: Int
    fileprivate var bytes: Int
  }

  var mark: Mark { Mark(count: count, bytes: entries.count) }

  /// Takes back what was appended since.
  mutating func truncate(to mark: Mark) {
    hashes.removeLast((count - mark.count) * 8)
    entries.removeLast(entries.count - mark.bytes)
    count = mark.count
    names = nil
  }

  private mutating func append(_ text: String) {
    length(text.utf8.count)
    entries.append(contentsOf: text.utf8)
  }

  private mutating func append(_ bytes: [UInt8]) {
    length(bytes.count)
    entries.append(contentsOf: bytes)
  }

  private mutating func length(_ count: Int) {
    var rest = count
    while rest >= 0x80 {
      entries.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    entries.append(UInt8(rest))
  }

  func write(_ buffer: (Statement, (inout Row) -> Void) -> Void) {
    buffer(RequestSchema.addChunk) { row in
      row.bind(last)
      row.bind(first)
      row.bind(boot)
      row.bind(hashes)
      row.bind(entries)
    }
  }

  /// The hashes of a row, in order.
  static func hashes(_ bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count - 7, by: 8).map { start in
      (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
  }
}

/// Walks through the entries of a row. It trusts no byte.
struct RequestChunkReader {
  static let damage = StoreError.corrupt("a row of request ids can't be read")

  private let bytes: [UInt8]
  private var position = 0
  private var names: (caller: Range<Int>, business: Range<Int>, method: Range<Int>)?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Where the parts of one entry lie.
  private struct Parts {
    var names: (caller: Range<Int>, business: Range<Int>, method: Range<Int>)
    var requestID: Range<Int>
    var bodyHash: Range<Int>
    var answer: Range<Int>
  }

  /// The entry at `place`, counted from where the reader is.
  mutating func entry(
    _ place: Int
  ) throws(StoreError) -> (key: RequestKey, answer: [UInt8]) {
    for _ in 0..<place { _ = try parts() }
    let parts = try parts()
    let key = RequestKey(
      caller: text(parts.names.caller), business: text(parts.names.business),
      method: text(parts.names.method), requestID: text(parts.requestID),
      bodyHash: Array(bytes[parts.bodyHash]))
    return (key, Array(bytes[parts.answer]))
  }

  /// The next request id; nil at the end.
  mutating func nextID() throws(StoreError) -> String? {
    position < bytes.count ? text(try parts().requestID) : nil
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private mutating func parts() throws(StoreError) -> Parts {
    let found: (caller: Range<Int>, business: Range<Int>, method: Range<Int>)
    switch (try byte(), names) {
    case (1, let before?): found = before
    case (0, _): found = (try range(), try range(), try range())
    default: throw Self.damage
    }
    names = found
    return Parts(
      names: found, requestID: try range(), bodyHash: try range(), answer: try range())
  }

  private mutating func byte() throws(StoreError) -> UInt8 {
    guard position < bytes.count else { throw Self.damage }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func range() throws(StoreError) -> Range<Int> {
    var length = 0
    var shift = 0
    while true {
      let next = try byte()
      length |= Int(next & 0x7F) << shift
      if next < 0x80 { break }
      shift += 7
      guard shift <= 28 else { throw Self.damage }
    }
    guard length <= bytes.count - position else { throw Self.damage }
    defer { position += length }
    return position..<(position + length)
  }
}
