/// Walks back through the life of a number: from event to event before, and where a lease held the
/// number, through the renewals of it.
///
///     read                    next event                       renewals of
///     generated, imported     none: that was the beginning     –
///     lapsed                  previous                         –
///     allocated, reused       previous                         none: older ones held others
///     released, expired,      previous                         the lease that held it
///     completed
///     retired                 previous                         –
///     renewed                 as before                        the renewal before it
struct NumberLife {
  /// The sequence of the next event of the number; 0: there is none.
  private var next: Int64
  /// The sequence of the next renewal of its lease; 0: there is none.
  private var renewal: Int64
  /// Whether the last event read was the number's beginning.
  private(set) var isWhole = false

  /// From the last event of a number, and the last renewal of the lease that holds it.
  init(event: Int64, renewal: Int64) {
    next = event
    self.renewal = renewal
  }

  /// The sequence to read next; nil at the end.
  var position: Int64? {
    let position = max(next, renewal)
    return position > 0 ? position : nil
  }

  /// Takes the event at `position`, and says whether it can be what was looked for.
  mutating func read(_ event: NumberEvent) -> Bool {
    guard let position, event.previous < position, event.renewal < position else { return false }
    if renewal == position {
      guard event.kind == .renewed else { return false }
      renewal = event.previous
      return true
    }
    guard event.kind != .renewed else { return false }
    next = event.previous
    if event.kind.isEnd { renewal = event.renewal }
    if event.kind.isBeginning { renewal = 0 }
    isWhole = event.kind == .generated || event.kind == .imported
    return true
  }

  /// The event at `position` isn't kept. What is before it isn't either.
  mutating func missing() {
    next = 0
    renewal = 0
    isWhole = false
  }
}
