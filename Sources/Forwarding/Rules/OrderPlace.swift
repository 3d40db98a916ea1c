// An order (or a cancellation, which is an order of the same key), before its lane:
//
//     place         it is taken: no key of        it is taken:     its turn: all     its turn: some     its turn: some missing,
//                   its waits, all goods there    else             goods there       goods missing      but it is cancelled
//     (none)        lane                          awaiting¹,       –                 –                  –
//                                                 behind²
//     awaiting      –                             –                lane              awaiting           withdrawn
//     behind        –                             –                lane              awaiting           withdrawn
//
// ¹ it lacks goods, and begins the line of its key; ² it joins the end of that. The turn of a line comes when the
// good has come that its first order waits for, or that is cancelled: then its orders go on one behind
// another, until one of them lacks goods. What had all its goods when it was taken lacks none later, nor does
// a cancellation. Goods are looked up once: when the order is taken or, if not all are there then, at the turn
// at which it goes on.
//
// Behind that:
//
//     place         its lane's turn,        its lane's turn,       its lane's turn,      a unit gets    its line's
//                   no line, a match        no line, no match      a line of its key     its code       turn
//     (none)        –                       –                      –                     –              –
//     lane          forwarded               quarantined¹           held²                 –              –
//     quarantined   –                       –                      –                     as in a lane   –
//     held          –                       –                      –                     –              as in a lane
//     forwarded     –                       –                      –                     –              –
//     withdrawn     –                       –                      –                     –              –
//
// ¹ it begins the line of its key; ² it joins the end of the line. A cancellation is never without a match:
// it goes to the units that its order went to, be it none, as of one that was withdrawn. The turn of a line comes when its first order
// found a unit: then its orders go on one behind another, until one of them matches nothing.
//
// Invariants: orders of a key are forwarded in the order of their sequences; a line before the lanes begins with an
// order that waits for goods, and all others in it are behind it; a line behind them begins with a
// quarantined order, and all others in it are held; an order leaves its lane and arrives in the queues of
// all its units in one step.

/// Where an order is. As it is stored: never renumber.
enum OrderPlace: UInt8, Sendable, CaseIterable {
  /// Not there.
  case none = 0
  case lane = 1
  case quarantined = 2
  case held = 3
  case forwarded = 4
  /// It waits for goods.
  case awaiting = 5
  /// It waits behind one that waits for goods.
  case behind = 6
  /// It was cancelled while it waited for goods.
  case withdrawn = 7

  /// Nothing becomes of it any more, but at units.
  var isThrough: Bool {
    switch self {
    case .forwarded, .withdrawn: true
    case .none, .lane, .quarantined, .held, .awaiting, .behind: false
    }
  }
}

/// Where an order is at a unit. As it is stored: never renumber.
enum UnitPlace: UInt8, Sendable, CaseIterable {
  /// It didn't go there.
  case none = 0
  case queued = 1
  /// Acknowledged, or given up.
  case done = 2
  /// A dead letter.
  case dead = 3
}
