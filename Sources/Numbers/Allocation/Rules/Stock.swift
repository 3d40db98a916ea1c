// The life of a serial:
//
//     state       generated   allocated   completed   came back          too old    quarantine over
//     unused      in stock    –           –           –                  –          –
//     in stock    –           live        –           –                  lapsed     –
//     live        –           –           completed   in line, retired¹  –          –
//     in line     –           –²          –           –                  retired    live at the next
//                                                                                   allocation
//     lapsed, completed, retired: final
//
// An import makes an unused serial live or completed, and passes over those below it: they are
// skipped, and only another import makes anything of them (`ImportCommand`).
//
// ¹ where the pool never hands a number out again; ² not before its quarantine is over.

/// Numbers made at one moment and never handed out: one row, however many they are.
final class StockRange {
  let series: Int32
  /// The first serial, which names the row.
  let first: Int64
  /// The next serial to hand out.
  var next: Int64
  let last: Int64
  /// What the numbers' timestamps show. Wall clock, µs.
  let generated: Int64
  /// The sequence of the event that tells of its making. 0: it isn't known.
  let event: Int64
  /// Numbers in stock up to its end, from any fixed place before it: the difference of two ranges
  /// says how many numbers are between them, since only the first range is ever used in part.
  var end: Int64 = 0
  /// Its row doesn't say how far it is used.
  var isDirty = false

  init(
    series: Int32, first: Int64, next: Int64, last: Int64, generated: Int64, event: Int64
  ) {
    self.series = series
    self.first = first
    self.next = next
    self.last = last
    self.generated = generated
    self.event = event
  }

  var count: Int64 { last - next + 1 }
}

/// How many serials of a series came to which end.
struct SeriesCounts: Equatable {
  var completed: Int64 = 0
  var retired: Int64 = 0
  var lapsed: Int64 = 0
  /// Passed over by imports: never made into numbers here.
  var skipped: Int64 = 0
}

/// The serials of one period of one template.
final class Series {
  /// Its place in the book.
  var index: Int32 = -1
  let pool: Int32
  let edition: Int32
  let period: Int32
  /// The next serial to make a number of.
  var next: Int64
  /// The places of its live locks, by serial.
  var live = PagedIndex()
  /// Ranges in stock and numbers in line; with the live locks they keep it in memory.
  var uses = 0
  /// Its numbers in stock.
  var stockCount: Int64 = 0
  /// When its numbers in line came back (lease clock, µs), in the order of the line.
  var returns = Line<Int64>()
  var counts = SeriesCounts()
  var isDirty = false

  init(pool: Int32, edition: Int32, period: Int32, next: Int64) {
    self.pool = pool
    self.edition = edition
    self.period = period
    self.next = next
  }
}

/// One of the templates that a pool has or had.
final class Edition {
  let index: Int32
  let form: NumberForm
  /// The series in memory, by period.
  var series: [Int32: Int32] = [:]
  /// The series used last, in which most numbers are looked for.
  var present: Series?
  /// The highest period that ever had a serial. What is older and not in memory is closed.
  var highestPeriod = Int32.min
  /// Neighbouring numbers were made at the same moment: their skeletons, by a hash of it.
  private var skeletons: [(moment: Int64, bytes: [UInt8]?)]
  private var lastSecond = Int64.min
  private var lastPeriod: Int32 = 0

  init(index: Int32, form: NumberForm) {
    self.index = index
    self.form = form
    skeletons = Array(repeating: (.min, nil), count: 16)
  }

  func skeleton(at moment: Int64) -> [UInt8]? {
    let slot = Int(truncatingIfNeeded: (UInt64(bitPattern: moment) &* 0x9E37_79B9_7F4A_7C15) >> 60)
    if skeletons[slot].moment != moment {
      skeletons[slot] = (moment, form.skeleton(at: moment))
    }
    return skeletons[slot].bytes
  }

  func period(at moment: Int64) -> Int32 {
    let second = floorDivide(moment, 1_000_000)
    if second != lastSecond {
      lastPeriod = form.period(at: moment)
      lastSecond = second
    }
    return lastPeriod
  }
}
