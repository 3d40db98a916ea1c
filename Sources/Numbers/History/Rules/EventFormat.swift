// How the events of a pool and a commit are stored: one row of bytes, appended to while calls are
// decided, read from its beginning.
//
//     payload    version record…
//     record     event
//                255 span event            the same event of so many serials more: each has the
//                                          next sequence, and an end the next previous
//     event      0 item                    one more of the same group
//                kind group item           the first of a group: of one call, as far as it goes
//     group      time [caller lease flag [expiry] by kind] [retired reason] [currency]
//     item       [series serial [span] [generation] generated] previous
//                [lease renewal allocated [amount]]
//     caller     0 principal holder        a new one
//                n                         the n-th new one of this payload
//     series     0 edition period, or n    likewise
//     text       length bytes (UTF-8)
//
// All numbers are varints of 7 bits a byte, the lowest first. Where neighbours are near each other,
// what is stored is the difference from the same value of the event before (zigzag: the sign is the
// lowest bit), wrapping round at 64 bits. So an allocation takes about 13 bytes, and each number more
// of the same call that doesn't follow the one before about 7.

/// What a value is stored as the difference from: the values of the event before.
struct EventBase: Equatable {
  var time: Int64 = 0
  var lease: Int64 = 0
  var expiresIn: Int64 = 0
  var serial: Int64 = 0
  var generated: Int64 = 0
  var previous: Int64 = 0
  var renewal: Int64 = 0
  var allocated: Int64 = 0
}

enum EventFormat {
  static let version: UInt8 = 1
  /// In place of a kind: the event belongs to the group before it.
  static let sameGroup: UInt8 = 0
  /// Before a kind: the record is of several serials.
  static let run: UInt8 = 255
}
