@testable import Numbers

/// An event in the life of a number, as the answers of the calls say it must have been.
struct LifeLine: Equatable, CustomStringConvertible {
  var kind: NumberEvent.Kind
  var holder = ""
  var lease: Int64 = 0
  var generation: UInt32 = 0
  /// The amount, or the reason.
  var detail = ""
  /// When it was, if that is known. Not compared.
  var wall: Int64?

  init(
    _ kind: NumberEvent.Kind, holder: String = "", lease: Int64 = 0, generation: UInt32 = 0,
    detail: String = "", wall: Int64? = nil
  ) {
    self.kind = kind
    self.holder = holder
    self.lease = lease
    self.generation = generation
    self.detail = detail
    self.wall = wall
  }

  /// What a stored event says.
  init(_ event: NumberEvent) {
    self.init(
      event.kind, holder: event.caller.holder, lease: event.lease, generation: event.generation,
      detail: event.currency.isEmpty ? event.reason : "\(event.currency) \(event.amountMinor)",
      wall: event.time)
  }

  static func == (one: LifeLine, other: LifeLine) -> Bool {
    one.kind == other.kind && one.holder == other.holder && one.lease == other.lease
      && one.generation == other.generation && one.detail == other.detail
      && (one.wall == nil || other.wall == nil || one.wall == other.wall)
  }

  var description: String { "\(kind) \(holder) \(lease) \(generation) \(detail)" }
}

extension LifeModel {
  mutating func note(
    _ kind: NumberEvent.Kind, _ given: Allocation.Number, by holder: Int, _ lease: Int64,
    at now: Moment
  ) {
    if kind == .allocated { lives[given.number, default: []].append(LifeLine(.generated)) }
    lives[given.number, default: []].append(
      LifeLine(
        kind, holder: "h\(holder)", lease: lease, generation: given.generation, wall: now.wall))
  }

  mutating func noteEnd(
    _ number: String, _ state: State, _ lease: Int64, _ detail: String, at now: Moment?
  ) {
    let kind: NumberEvent.Kind
    switch state {
    case .completed: kind = .completed
    case .returned(_, byRelease: true): kind = .released
    case .returned: kind = .expired
    case .live: return
    }
    lives[number, default: []].append(
      LifeLine(
        kind, holder: numbers[number].map { "h\($0.holder)" } ?? "", lease: lease,
        generation: numbers[number]?.generation ?? 0, detail: detail, wall: now?.wall))
  }

  /// A lease was renewed: an event for each number that it holds.
  mutating func renewed(_ lease: Int64, at now: Moment) {
    for number in live(of: lease) {
      lives[number, default: []].append(
        LifeLine(
          .renewed, holder: leases[lease].map { "h\($0.holder)" } ?? "", lease: lease,
          wall: now.wall))
    }
  }
}
