/// One event in the life of a number, of a range of numbers, or of a lease.
///
/// The event alone says what the number's mark was after it, but for the number's text, which the
/// template and the moment of its making give. `previous` leads to the event before it in the same
/// life, so that a life is a list through the pool's events, read from its end.
///
///     kind        of           state after it       previous
///     generated   a range      in stock             none
///     lapsed      a range      lapsed, final        its generated
///     allocated   a number     live                 the generated of its range
///     reused      a number     live                 its released or expired
///     renewed     a lease      live, as before      the renewed before it, of the same lease
///     released    a number     in line, or final¹   its allocated or reused
///     expired     a number     in line, or final¹   its allocated or reused
///     completed   a number     completed, final     its allocated or reused
///     retired     a number     retired, final       its released or expired
///     imported    a number     live                 none
///
/// ¹ `isRetired`, where the pool never hands a number out again
struct NumberEvent: Equatable, Sendable {
  /// What happened. The values are stored.
  enum Kind: UInt8, CaseIterable, Sendable {
    case generated = 1
    case lapsed = 2
    case allocated = 3
    case reused = 4
    case renewed = 5
    case released = 6
    case expired = 7
    case completed = 8
    case retired = 9
    case imported = 10
  }

  var kind: Kind
  /// Wall clock, µs.
  var time: Int64

  /// Who holds or held the number or the lease. Empty for what nobody held: generated, lapsed,
  /// retired.
  var caller = Caller(principal: "", holder: "")
  /// The lease that holds or held it. 0: none.
  var lease: Int64 = 0
  /// When it goes back unless renewed, on the wall clock as it was then, µs: of allocated, reused,
  /// imported and renewed. Nil: without a lease.
  var expires: Int64?

  /// The template and the period of the serials. Not of renewed.
  var edition: Int32 = 0
  var period: Int32 = 0
  /// The serial, or the first of a range. 0 for renewed.
  var serial: Int64 = 0
  /// The last of a range, else the same as `serial`.
  var last: Int64 = 0
  /// The generation of the token. 0 for what has none: generated, lapsed, renewed.
  var generation: UInt32 = 0
  /// What the numbers' timestamps show. Wall clock, µs. 0 for renewed.
  var generated: Int64 = 0

  /// When it was handed out. Wall clock, µs: of released, expired and completed.
  var allocated: Int64 = 0
  /// Of released and expired: it will never be handed out again.
  var isRetired = false
  /// Why it was released.
  var reason = ""
  /// What it was completed with. Empty: without an amount.
  var currency = ""
  var amountMinor: Int64 = 0

  /// The sequence of the event before it in the same life. 0: there is none, or it was before
  /// events were kept.
  var previous: Int64 = 0
  /// The sequence of the last renewal of the lease that held it: of released, expired and
  /// completed. 0: none.
  var renewal: Int64 = 0
}

extension NumberEvent.Kind {
  /// A number that was held until then.
  var isEnd: Bool { self == .released || self == .expired || self == .completed }
  /// A number that is held from then on.
  var isBeginning: Bool { self == .allocated || self == .reused || self == .imported }
  /// Of one number; of neighbours there can be one record.
  var isOfNumber: Bool { !isOfRange && self != .renewed }
  var isOfRange: Bool { self == .generated || self == .lapsed }
  var hasCaller: Bool { isEnd || isBeginning || self == .renewed }
  var hasExpiry: Bool { isBeginning || self == .renewed }
  var isReturn: Bool { self == .released || self == .expired }
}
