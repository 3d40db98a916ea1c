import Testing

@testable import Forwarding

/// The table at the head of `KeySearch`.
@Suite struct KeySearchTests {
  enum Event {
    case seek(UInt64, from: Int64)
    /// Comes to an order of a key.
    case order(Int64, of: UInt64, isSought: Bool)
    case end
    case arrival(Int64, of: UInt64, KeySearch.Arrival)
    /// It is at this sequence, and so many keys are sought; nil: there is nothing to look for.
    case at(Int64?, Int)
  }

  /// A search for key 1 from 7 on, and for key 2 from 5 on when it has come to 8 already.
  static let begin: [Event] = [
    .seek(1, from: 7), .order(7, of: 9, isSought: false), .seek(2, from: 5),
  ]

  static let rows: [[Event]] = [
    [.at(8, 2), .order(8, of: 2, isSought: false), .order(9, of: 1, isSought: true), .at(5, 1)],
    [.order(8, of: 1, isSought: true), .at(5, 1), .order(6, of: 1, isSought: false)],
    [.end, .at(5, 1), .order(5, of: 2, isSought: true), .at(nil, 0)],
    [.end, .at(5, 1), .end, .at(nil, 0)],
    [.seek(3, from: 8), .order(8, of: 3, isSought: true)],
    [.seek(3, from: 9), .order(8, of: 3, isSought: false), .order(9, of: 3, isSought: true)],
    [.arrival(6, of: 1, .first(more: 8)), .at(5, 1)],
    [.arrival(7, of: 1, .first(more: 8)), .at(5, 1)],
    [.arrival(8, of: 1, .ahead), .at(8, 2)],
    [.arrival(4, of: 2, .first(more: 5)), .order(9, of: 1, isSought: true), .at(nil, 0)],
    [.arrival(5, of: 2, .ahead), .arrival(8, of: 2, .ahead), .at(8, 2)],
    [.arrival(7, of: 3, .ofAnother), .at(8, 2)],
  ]

  @Test(arguments: rows.indices)
  func followsTheTable(row: Int) {
    var search = KeySearch()
    for event in Self.begin + Self.rows[row] {
      switch event {
      case .seek(let key, let start): search.seek(key, from: start)
      case .order(let sequence, let key, let isSought):
        let goesOn = search.goesOn()
        let found = search.comes(to: sequence, of: key)
        #expect(goesOn && found == isSought)
      case .end: search.endPass()
      case .arrival(let sequence, let key, let expected):
        let arrival = search.arrives(sequence, of: key)
        #expect(arrival == expected)
      case .at(let position, let count):
        let goesOn = search.goesOn()
        #expect(goesOn == (position != nil) && search.count == count)
        if let position { #expect(search.position == position) }
      }
    }
  }
}
