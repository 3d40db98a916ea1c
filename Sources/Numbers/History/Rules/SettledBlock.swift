/// What became of 4,096 neighbouring serials whose rows are kept no longer: 2 bits each.
struct SettledBlock: Equatable, Sendable {
  /// Serials in a block: with a kilobyte a block, a page of SQLite holds three of them.
  static let serials: Int64 = 4_096
  private static let byteCount = 1_024
  private static let states: [SerialState?] = [
    nil, .completed, .retiredAfterRelease, .retiredAfterExpiry,
  ]

  private(set) var bytes: [UInt8]

  /// A block in which nothing is settled.
  init() { bytes = Array(repeating: 0, count: Self.byteCount) }

  /// A block as it is stored; nil where that can't be one.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Which block a serial is in; the first serial of the pool's period is 1.
  static func number(of serial: Int64) -> Int64 { serial / serials }

  /// What became of a serial of this block; nil where it isn't settled.
  subscript(serial: Int64) -> SerialState? {
    get {
      let place = Int(serial % Self.serials)
      return Self.states[Int(bytes[place / 4] >> UInt8(place % 4 * 2)) & 3]
    }
    set {
      guard let bits = Self.states.firstIndex(of: newValue) else { return }
      let place = Int(serial % Self.serials)
      let shift = UInt8(place % 4 * 2)
      bytes[place / 4] = bytes[place / 4] & ~(3 << shift) | UInt8(bits) << shift
    }
  }

  /// Notes what the block with this number says.
  func add(_ number: Int64, to runs: inout SerialRuns) {
    for (index, byte) in bytes.enumerated() where byte != 0 {
      let first = number * Self.serials + Int64(index) * 4
      for serial in first..<(first + 4) {
        if let state = self[serial] { runs.add(serial, serial, state) }
      }
    }
  }
}
