/// Where a list of marks goes on: the tables one after another, each in the order of its keys.
struct ListPosition: Sendable, Equatable {
  /// What a list goes through, in this order.
  enum Table: Int64, Sendable, CaseIterable {
    case live
    case completed
    case returned

    /// The states of the marks in it.
    var states: [MarkState] {
      switch self {
      case .live: [.live]
      case .completed: [.completed]
      case .returned: [.released, .expired]
      }
    }
  }

  var table = Table.live
  /// The last key that was looked at in the table.
  var edition = Int64.min
  var period = Int64.min
  var serial = Int64.min

  /// The beginning of a table.
  init(_ table: Table) { self.table = table }
}

/// What the token of a page says: where it begins, and which list it belongs to.
struct ListToken: Sendable, Equatable {
  var position: ListPosition
  /// The newest event in the snapshot of the first page.
  var snapshot: Int64
  /// Of the store, the business and the filters.
  var fingerprint: UInt64

  var text: String {
    (values + [Int64(bitPattern: check)])
      .map { String(UInt64(bitPattern: $0), radix: 36) }.joined(separator: ".")
  }

  private var values: [Int64] {
    [position.table.rawValue, position.edition, position.period, position.serial, snapshot]
  }

  /// Tells a token that was altered, or is of another list.
  private var check: UInt64 {
    var sum = ListFingerprint()
    for value in values { sum.add(value) }
    sum.add(Int64(bitPattern: fingerprint))
    return sum.value
  }

  init(_ position: ListPosition, snapshot: Int64, fingerprint: UInt64) {
    self.position = position
    self.snapshot = snapshot
    self.fingerprint = fingerprint
  }

  /// A token that belongs to the list with this fingerprint.
  init(_ text: String, fingerprint: UInt64) throws(Refusal) {
    guard text.utf8.count <= Self.longest else { throw .pageTokenInvalid }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let values = parts.compactMap { UInt64($0, radix: 36).map { Int64(bitPattern: $0) } }
    guard parts.count == 6, values.count == 6,
      let table = ListPosition.Table(rawValue: values[0]), values[4] >= 0
    else { throw .pageTokenInvalid }
    position = ListPosition(table)
    position.edition = values[1]
    position.period = values[2]
    position.serial = values[3]
    snapshot = values[4]
    self.fingerprint = fingerprint
    guard self.text == text else { throw .pageTokenInvalid }
  }

  /// Six numbers of 13 digits, and what is between them.
  private static let longest = 6 * 14
}

/// Tells lists of different stores, businesses or filters apart (FNV-1a); no secret.
struct ListFingerprint {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    add(UInt8(0xff))
  }

  mutating func add(_ number: Int64) {
    for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  private mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }
}
