import API
import Messages

extension GetForwardingFiguresResponse {
  /// A row a queue: lanes, what waits beside them, units.
  var table: TextTable {
    let intake = intake ?? API.Intake()
    var table = TextTable(head: ["QUEUE", "DEPTH", "OLDEST", "IN/S", "OUT/S"])
    for lane in intake.lanes {
      table.rows.append([
        "lane \(lane.lane)" + (lane.heldBy.isEmpty ? "" : ", held by \(printable(lane.heldBy))"),
        "\(lane.depth)", lane.oldestTime?.text ?? "-",
        rounded(lane.inPerSecond, 1), rounded(lane.outPerSecond, 1),
      ])
    }
    let beside = [
      ("behind a change of lanes", intake.behindChange), ("quarantined", intake.quarantined),
      ("held behind quarantined", intake.held), ("awaiting goods", intake.awaitingGoods),
      ("behind those", intake.behind),
    ]
    table.rows += beside.map { [$0, "\($1)", "-", "-", "-"] }
    for unit in units {
      table.rows.append([
        "unit \(unit.unit)"
          + (unit.beyondBound == 0 ? "" : ", \(unit.beyondBound) beyond its bound"),
        "\(unit.depth)", unit.oldestTime?.text ?? "-",
        rounded(unit.inPerSecond, 1), rounded(unit.outPerSecond, 1),
      ])
    }
    return table
  }
}

extension OrderDifference {
  /// For a person.
  var line: String {
    switch kind {
    case .lost: "order \(sequence) is nowhere"
    case .missing: "order \(sequence) never came to unit \(printable(unit))"
    case .unexpected: "order \(sequence) came to unit \(printable(unit)) unexpectedly"
    default: "order \(sequence) isn't where it must be"
    }
  }
}

extension CheckCompletenessResponse {
  /// Adds the counts of a page.
  mutating func count(_ page: CheckCompletenessResponse) {
    checked += page.checked
    forwarded += page.forwarded
    waiting += page.waiting
    unknown += page.unknown
    withdrawn += page.withdrawn
  }

  /// For a person.
  var line: String {
    "\(checked) orders: \(forwarded) forwarded, \(waiting) waiting, \(withdrawn) withdrawn, "
      + "\(unknown) by rules too old to know"
  }
}
