/// Who holds a number or a lease.
struct Caller: Hashable, Sendable {
  /// The authenticated caller; empty where there is none.
  var principal: String
  /// What the caller calls itself.
  var holder: String

  /// By the bytes of both.
  static func == (a: Caller, b: Caller) -> Bool {
    ExactText(a.holder) == ExactText(b.holder) && ExactText(a.principal) == ExactText(b.principal)
  }

  /// By the bytes of both.
  func hash(into hasher: inout Hasher) {
    hasher.combine(ExactText(principal))
    hasher.combine(ExactText(holder))
  }

  /// Whether this caller may change what `owner` holds. An authenticated caller is who it is
  /// whatever it calls itself; without authentication, the name is all there is.
  func mayAct(for owner: Caller) -> Bool {
    ExactText(principal) == ExactText(owner.principal)
      && (!principal.isEmpty || ExactText(holder) == ExactText(owner.holder))
  }

  /// As whom its numbers count together: all callers that may act for each other are one owner.
  var owner: Caller { principal.isEmpty ? self : Caller(principal: principal, holder: "") }
}

/// The callers that hold something, each kept once however many numbers it holds.
struct CallerTable {
  private struct Entry {
    var caller: Caller
    var uses: Int
    /// The entry of its owner, which may be its own.
    var owner: Int32
  }

  private var entries = Slab<Entry>()
  private var indices: [Caller: Int32] = [:]
  /// The caller looked for last, who often comes again: to compare names costs less than to hash them.
  private var latest: Int32 = -1

  var count: Int { entries.count }

  subscript(_ index: Int32) -> Caller {
    entries[index]?.caller ?? Caller(principal: "", holder: "")
  }

  /// The number of a caller's owner, by the number of the caller.
  func owner(_ index: Int32) -> Int32 { entries[index]?.owner ?? -1 }

  /// The number of a caller's owner, if any caller of it holds something.
  func owner(of caller: Caller) -> Int32? { indices[caller.owner] }

  /// The number of a caller, counted as used once more.
  mutating func retain(_ caller: Caller) -> Int32 {
    if entries[latest]?.caller == caller {
      retain(latest)
      return latest
    }
    if let index = indices[caller] {
      latest = index
      retain(index)
      return index
    }
    let index = entries.insert(Entry(caller: caller, uses: 1, owner: -1))
    indices[caller] = index
    let owner = caller.owner
    let ownerIndex = owner == caller ? index : retain(owner)
    entries[index]?.owner = ownerIndex
    return index
  }

  mutating func retain(_ index: Int32) { entries[index]?.uses += 1 }

  /// Drops a use. An entry without a use stays until `forget`, so that undoing finds it.
  mutating func release(_ index: Int32) {
    entries[index]?.uses -= 1
    if entries[index]?.uses == 0 { unused.append(index) }
  }

  private var unused: [Int32] = []

  /// Frees the entries without a use, once nothing can be undone any more.
  mutating func forget() {
    while let index = unused.popLast() {
      guard let entry = entries[index], entry.uses == 0 else { continue }
      indices[entry.caller] = nil
      entries.remove(index)
      if entry.owner != index { release(entry.owner) }
    }
  }
}
