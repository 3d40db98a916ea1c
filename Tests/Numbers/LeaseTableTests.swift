import Testing

@testable import Numbers

@Suite struct LeaseTableTests {
  private func lease(_ id: Int64, expires: Int64) -> Lease {
    Lease(
      pool: 0, id: id, caller: 0, ttl: 1, expires: expires, isImplicit: false, isStored: false)
  }

  @Test func theEarliestIsAlwaysInFront() {
    var table = LeaseTable()
    var random = SeededRandom(seed: 7)
    var model: [Int32: Int64] = [:]
    for step in 0..<5_000 {
      let expires = Int64.random(in: 0..<1_000, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        model[table.insert(lease(Int64(step), expires: expires))] = expires
      case 2:
        guard let index = model.keys.sorted().randomElement(using: &random) else { continue }
        table.setExpiry(index, expires)
        model[index] = expires
      default:
        guard let index = model.keys.sorted().randomElement(using: &random),
          let lease = table[index]
        else { continue }
        table.remove(index)
        if Bool.random(using: &random) {
          table.restore(index, lease)
        } else {
          model[index] = nil
        }
      }
      #expect(table.earliest?.expires == model.values.min())
      #expect(table.count == model.count)
    }
  }
}

/// Random numbers that a seed repeats.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
