/// Numbers from 0, a bit for each where they are close together.
struct NumberSet: Sendable {
  private var words: [Int: UInt64] = [:]
  private(set) var count = 0

  func contains(_ number: Int) -> Bool { words[number >> 6, default: 0] & Self.bit(number) != 0 }

  /// Says whether it wasn't there.
  @discardableResult
  mutating func insert(_ number: Int) -> Bool {
    guard !contains(number) else { return false }
    words[number >> 6, default: 0] |= Self.bit(number)
    count += 1
    return true
  }

  /// Says whether it was there.
  mutating func remove(_ number: Int) -> Bool {
    guard contains(number) else { return false }
    words[number >> 6, default: 0] &= ~Self.bit(number)
    count -= 1
    return true
  }

  private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(number & 63) }
}
