/// Which marks of numbers, or events of them, are wanted.
struct LockFilter: Sendable {
  /// Empty: of all holders.
  var holder = ""
  /// Empty: all.
  var states: Set<MarkState> = []

  /// Everything is wanted.
  var isOpen: Bool { holder.isEmpty && states.isEmpty }

  /// Whether a mark that this holder has, or had last, is wanted, whatever its state.
  func wants(holder: String) -> Bool {
    self.holder.isEmpty || ExactText(self.holder) == ExactText(holder)
  }

  /// Whether a mark in this state is wanted.
  func wants(_ state: MarkState) -> Bool { states.isEmpty || states.contains(state) }

  /// The filter that a call asks for. `states` are their numbers in the call, nil for one that isn't
  /// known.
  init(holder: String, states: [MarkState?]) throws(Refusal) {
    guard holder.utf8.count <= Limits.holderBytes else { throw .holderInvalid }
    guard states.count <= Limits.filterStates else { throw .statesOutOfRange }
    self.holder = holder
    for (place, state) in states.enumerated() {
      guard let state else { throw .stateUnknown(place) }
      self.states.insert(state)
    }
  }

  /// Everything.
  init() {}
}

/// What a mark is in, as clients see it.
enum MarkState: UInt8, Sendable, CaseIterable {
  case live
  case completed
  case released
  case expired
}

extension NumberEvent {
  /// What the mark is in after the event; nil where the event is of no mark: those aren't shown to
  /// who watches marks.
  var markState: MarkState? {
    switch kind {
    case .allocated, .reused, .imported, .renewed: .live
    case .completed: .completed
    case .released: .released
    case .expired: .expired
    case .generated, .lapsed, .retired: nil
    }
  }
}

/// Whose latest event is kept where events are conflated: a number, or a lease.
enum LifeKey: Hashable, Sendable {
  case number(edition: Int32, period: Int32, serial: Int64)
  case lease(Int64)

  init(_ event: NumberEvent) {
    self =
      event.kind == .renewed
      ? .lease(event.lease)
      : .number(edition: event.edition, period: event.period, serial: event.serial)
  }
}
