/// How handed numbers are kept: for one number some 25 bytes, and as many for a thousand in a row.
///
///     incarnation   8 bytes: the tokens stay those of the first answer
///     edition, lease
///     expire time   0, or 1 and the time
///     each run:     period, first serial and time of generation as differences from the run before,
///                   count, generation
extension HandedNumbers {
  func write(_ writer: inout VarintWriter, incarnation: UInt64) {
    writer.fixed(incarnation)
    writer.signed(Int64(edition))
    writer.signed(lease)
    writer.byte(expireTime == nil ? 0 : 1)
    if let expireTime { writer.signed(expireTime) }
    var (period, serial, generated) = (Int64(0), Int64(0), expireTime ?? 0)
    for run in runs {
      writer.difference(Int64(run.period), from: &period)
      writer.difference(run.first, from: &serial)
      writer.difference(run.generated, from: &generated)
      writer.integer(UInt64(max(run.count, 1)))
      writer.integer(UInt64(run.generation))
    }
  }

  /// The numbers, and the store whose tokens they have.
  static func read(
    _ reader: inout VarintReader
  ) throws(EventDamage) -> (handed: HandedNumbers, incarnation: UInt64) {
    var incarnation: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      incarnation |= UInt64(try reader.byte()) << shift
    }
    var handed = HandedNumbers(
      edition: try reader.signed(as: Int32.self), lease: try reader.signed())
    if try reader.flag() { handed.expireTime = try reader.signed() }
    var (period, serial, generated) = (Int64(0), Int64(0), handed.expireTime ?? 0)
    var numbers: Int64 = 0
    while !reader.isAtEnd {
      let start = reader.position
      let run = HandedRun(
        period: Int32(truncatingIfNeeded: try reader.difference(from: &period)),
        first: try reader.difference(from: &serial), last: 0, generation: 0,
        generated: try reader.difference(from: &generated))
      let count = try reader.integer(as: Int64.self)
      let (last, overflow) = run.first.addingReportingOverflow(count &- 1)
      // More than a call may ask for would make a repetition a long answer.
      numbers = numbers.addingReportingOverflow(count).partialValue
      guard run.first >= 0, count > 0, !overflow,
        (1...Int64(Limits.numbersPerCall)).contains(numbers)
      else {
        throw EventDamage(position: start)
      }
      handed.runs.append(
        HandedRun(
          period: run.period, first: run.first, last: last,
          generation: try reader.integer(as: UInt32.self), generated: run.generated))
    }
    return (handed, incarnation)
  }
}
