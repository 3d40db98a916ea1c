internal import API
internal import Messages
internal import RPC
internal import Store

/// How the events of a business become responses. The same for all readers.
struct LockEventEncoding: Sendable {
  let business: String
  let incarnation: UInt64
  /// The cursor after a message.
  let cursor: @Sendable (Int64) -> String

  /// Why events can't be shown.
  enum Problem: Error {
    /// The forms that were given don't have the template of an event.
    case formMissing
    /// The events can't be read, or a number in them can't be shown.
    case damaged
  }

  /// Events that follow one another, the first with the sequence `first`.
  func slot(
    of events: [NumberEvent], from first: Int64, _ forms: [NumberForm]
  ) throws(Problem) -> LockEventSlot {
    let last = first + Int64(events.count) - 1
    var response = WatchLocksResponse(cursor: cursor(last))
    var shown: [(event: NumberEvent, state: MarkState, sequence: Int64)] = []
    var skeletons = SkeletonCache()
    for (place, event) in events.enumerated() {
      guard let state = event.markState else { continue }
      let sequence = first + Int64(place)
      response.events.append(try message(event, state, sequence, forms, &skeletons))
      shown.append((event, state, sequence))
    }
    guard let encoded = try? EncodedMessage(response),
      let ranges = Self.firstFields(of: encoded.bytes, count: shown.count)
    else { throw .damaged }
    return LockEventSlot(
      last: last,
      entries: zip(shown, ranges).map { shown, range in
        LockEventSlot.Entry(
          sequence: shown.sequence, key: LifeKey(shown.event), state: shown.state,
          holder: shown.event.caller.holder, bytes: range)
      },
      whole: encoded)
  }

  /// Where the first `count` fields are, which are the events: fields are encoded in the order of
  /// their numbers, and `events` has number 1.
  private static func firstFields(of bytes: [UInt8], count: Int) -> [Range<Int>]? {
    var ranges: [Range<Int>] = []
    var reader = VarintReader(bytes)
    var start = 0
    while ranges.count < count {
      guard let tag = try? reader.integer(), tag == 0x0A, let length = try? reader.integer(),
        length <= UInt64(bytes.count - reader.position)
      else { return nil }
      let end = reader.position + Int(length)
      ranges.append(start..<end)
      start = end
      reader.move(to: end)
    }
    return ranges
  }

  private func message(
    _ event: NumberEvent, _ state: MarkState, _ sequence: Int64, _ forms: [NumberForm],
    _ skeletons: inout SkeletonCache
  ) throws(Problem) -> API.LockEvent {
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
    guard forms.indices.contains(Int(event.edition)) else { throw .formMissing }
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
