internal import API
internal import Calls
internal import Messages

/// What becomes of warnings, for one who watches them.
struct WarningFeed: WatchedFeed {
  let filter: WarningFilter

  /// What a filter looks at. It stays the same for all of a warning's life.
  struct Facts: Sendable {
    let business: String
    let kind: Int32
    let severity: Int32
  }

  func begin(_ payload: [UInt8]) -> ArraySlice<API.WarningEvent>? {
    (try? WatchWarningsResponse(decoding: payload).events)?[...]
  }

  func events(
    _ sequences: ClosedRange<Int64>, of rest: inout ArraySlice<API.WarningEvent>
  ) throws(WatchProblem) -> [WatchedEvent<API.WarningEvent, Int64, Facts>] {
    var events: [WatchedEvent<API.WarningEvent, Int64, Facts>] = []
    for sequence in sequences {
      guard let event = rest.popFirst(), let warning = event.warning else { throw .damaged }
      events.append(
        WatchedEvent(
          sequence: sequence, message: event, key: warning.id,
          facts: Facts(
            business: warning.business, kind: warning.kind.rawValue,
            severity: warning.severity.rawValue)))
    }
    return events
  }

  func response(cursor: String, isProgress: Bool) -> WatchWarningsResponse {
    WatchWarningsResponse(cursor: cursor, progress: isProgress)
  }

  var takesAll: Bool { filter.isOpen }

  func follows(_ facts: Facts) -> Bool {
    filter.takes(business: facts.business, kind: facts.kind, severity: facts.severity)
  }
}
