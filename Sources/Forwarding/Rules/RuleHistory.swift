/// Which unit had which codes, by version of the rules: the codes of now, and what the last changes changed. It is
/// kept apart from what was forwarded, so that the one can be checked by the other.
struct RuleHistory: Sendable {
  /// What a version changed: the unit, and its codes before. None: it was new.
  struct Change: Sendable, Equatable {
    var version: Int64
    var unit: Int32
    var before: [ExactText]
  }

  /// The version of now.
  let version: Int64
  private let codes: [Int32: Set<ExactText>]
  /// The oldest first; each version after the first of them has one.
  private let changes: [Change]
  private var known: [Int64: [Int32: Set<ExactText>]] = [:]

  /// `codes` are those of now.
  init(version: Int64, codes: [Int32: Set<ExactText>], changes: [Change]) {
    self.version = version
    self.codes = codes
    self.changes = changes
  }

  /// The units of now that an order of a code went to by a version; nil: that isn't known any more.
  mutating func units(of code: ExactText, by version: Int64) -> Set<Int32>? {
    guard version >= self.version - Int64(changes.count), version <= self.version else {
      return nil
    }
    let found = known[version] ?? codes(at: version)
    known[version] = found
    return Set(found.filter { $0.value.contains(code) }.keys)
  }

  private func codes(at version: Int64) -> [Int32: Set<ExactText>] {
    var found = codes
    for change in changes.reversed() where change.version > version && found[change.unit] != nil {
      found[change.unit] = Set(change.before)
    }
    return found
  }
}
