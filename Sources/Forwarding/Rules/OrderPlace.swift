// An order (or a cancellation, which is an order of the same key):
//
//     place         its lane's turn,        its lane's turn,       its lane's turn,      a unit gets    its line's
//                   no line, a match        no line, no match      a line of its key     its code       turn
//     (none)        –                       –                      –                     –              –
//     lane          forwarded               quarantined¹           held²                 –              –
//     quarantined   –                       –                      –                     as in a lane   –
//     held          –                       –                      –                     –              as in a lane
//     forwarded     –                       –                      –                     –              –
//
// ¹ it begins the line of its key; ² it joins the end of the line. A cancellation is never without a match:
// it goes to the units that its order went to, be it none. The turn of a line comes when its first order
// found a unit: then its orders go on one behind another, until one of them matches nothing.
//
// Invariants: orders of a key are forwarded in the order of their sequences; a line begins with a
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
