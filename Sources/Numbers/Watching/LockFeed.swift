internal import API
internal import Calls
internal import Messages
internal import RPC

/// The events of a business's numbers, for one who watches them.
struct LockFeed: WatchedFeed {
  let business: String
  let incarnation: UInt64
  let filter: LockFilter
  /// Of the pool's templates, in order.
  var forms: [NumberForm]
  /// Asks for the forms of templates that the pool has got since.
  let newForms: @Sendable () async throws(RPCError) -> [NumberForm]

  /// What a filter looks at.
  struct Facts: Sendable {
    let state: MarkState
    let holder: String
  }

  func begin(_ payload: [UInt8]) -> EventReader? { try? EventReader(payload) }

  func events(
    _ sequences: ClosedRange<Int64>, of reader: inout EventReader
  ) throws(WatchProblem) -> [WatchedEvent<API.LockEvent, LifeKey, Facts>] {
    var shown: [WatchedEvent<API.LockEvent, LifeKey, Facts>] = []
    var skeletons = SkeletonCache()
    for sequence in sequences {
      guard let event = try? reader.next() else { throw .damaged }
      guard let state = event.markState else { continue }
      shown.append(
        WatchedEvent(
          sequence: sequence, message: try message(event, state, sequence, &skeletons),
          key: LifeKey(event), facts: Facts(state: state, holder: event.caller.holder)))
    }
    return shown
  }

  func response(cursor: String, isProgress: Bool) -> WatchLocksResponse {
    WatchLocksResponse(cursor: cursor, progress: isProgress)
  }

  var takesAll: Bool { filter.isOpen }
  func follows(_ facts: Facts) -> Bool { filter.wants(holder: facts.holder) }
  func shows(_ facts: Facts) -> Bool { filter.wants(facts.state) }

  mutating func renew() async throws(RPCError) { forms = try await newForms() }

  private func message(
    _ event: NumberEvent, _ state: MarkState, _ sequence: Int64,
    _ skeletons: inout SkeletonCache
  ) throws(WatchProblem) -> API.LockEvent {
    var message = API.LockEvent(
      sequence: sequence, eventTime: ProtoTimestamp(microseconds: event.time),
      kind: LockEventKind(event.kind))
    let expireTime = event.expires.map { ProtoTimestamp(microseconds: $0) }
    if event.kind == .renewed {
      message.lease = API.Lease(
        business: business, leaseID: event.lease, holder: event.caller.holder,
        principal: event.caller.principal, expireTime: expireTime)
      return message
    }
    guard forms.indices.contains(Int(event.edition)) else { throw .outdated }
    let form = forms[Int(event.edition)]
    guard let skeleton = skeletons.skeleton(of: form, event) else { throw .damaged }
    var lock = API.Lock(
      business: business, number: form.number(skeleton, serial: event.serial, period: event.period),
      state: LockState(state),
      token: Token(incarnation: incarnation, generation: UInt64(event.generation)),
      holder: event.caller.holder, principal: event.caller.principal, leaseID: event.lease,
      expireTime: expireTime, releaseReason: event.reason, lastEvent: sequence)
    lock.allocateTime = ProtoTimestamp(
      microseconds: event.kind.isBeginning ? event.time : event.allocated)
    if event.kind.isEnd { lock.endTime = ProtoTimestamp(microseconds: event.time) }
    if !event.currency.isEmpty {
      lock.amount = Money(currencyCode: event.currency, amountMinor: event.amountMinor)
    }
    message.lock = lock
    return message
  }
}

/// The last skeleton made: numbers of one range share theirs.
struct SkeletonCache {
  private var last: (edition: Int32, generated: Int64, skeleton: [UInt8])?

  /// The number of the event without serial and check.
  mutating func skeleton(of form: NumberForm, _ event: NumberEvent) -> [UInt8]? {
    skeleton(of: form, edition: event.edition, generated: event.generated)
  }

  /// A number made at `generated` without serial and check.
  mutating func skeleton(of form: NumberForm, edition: Int32, generated: Int64) -> [UInt8]? {
    if let last, last.edition == edition, last.generated == generated { return last.skeleton }
    guard let skeleton = form.skeleton(at: generated) else { return nil }
    last = (edition, generated, skeleton)
    return skeleton
  }
}

extension LockEventKind {
  fileprivate init(_ kind: NumberEvent.Kind) {
    self =
      switch kind {
      case .allocated: .allocated
      case .reused: .reused
      case .imported: .imported
      case .renewed: .renewed
      case .released: .released
      case .expired: .expired
      case .completed: .completed
      case .generated, .lapsed, .retired: .unspecified
      }
  }
}

extension LockState {
  init(_ state: MarkState) {
    self =
      switch state {
      case .live: .live
      case .completed: .completed
      case .released: .released
      case .expired: .expired
      }
  }
}

extension MarkState {
  /// Nil for what isn't known here.
  init?(_ state: LockState) {
    switch state {
    case .live: self = .live
    case .completed: self = .completed
    case .released: self = .released
    case .expired: self = .expired
    case .unspecified, .unrecognized: return nil
    }
  }
}
