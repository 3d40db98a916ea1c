internal import API

/// How the ends of a call's numbers are kept: their times only, each as the difference from the one
/// before. A repetition has the same body, which has the numbers.
enum KeptEnds {
  static func times(
    count: Int
  ) -> NumberCalls.Keeping<KeptAnswer<[Int64], CompleteResponse>> {
    .pieces(
      write: { times, writer in
        var before: Int64 = 0
        for time in times { writer.difference(time, from: &before) }
      },
      read: { (reader) throws(EventDamage) in
        var before: Int64 = 0
        var times: [Int64] = []
        for _ in 0..<count { times.append(try reader.difference(from: &before)) }
        return times
      })
  }

  static func released(
    count: Int
  ) -> NumberCalls.Keeping<KeptAnswer<[Released], ReleaseResponse>> {
    .pieces(
      write: { released, writer in
        var before: Int64 = 0
        for one in released {
          writer.difference(one.time, from: &before)
          writer.byte(one.isReusable ? 1 : 0)
        }
      },
      read: { (reader) throws(EventDamage) in
        var before: Int64 = 0
        var released: [Released] = []
        for _ in 0..<count {
          let time = try reader.difference(from: &before)
          released.append(Released(time: time, isReusable: try reader.flag()))
        }
        return released
      })
  }
}
