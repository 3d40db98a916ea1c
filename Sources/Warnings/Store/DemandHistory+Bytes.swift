extension DemandHistory {
  /// Says how the rest is laid out; another layout is another number.
  private static let version: Int64 = 1

  /// What is kept over a restart.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.version)
    writer.append(last?.total ?? -1)
    writer.append(last?.time ?? 0)
    for ring in [minutes, slots] {
      writer.append(ring.newest)
      for count in ring.counts { writer.append(UInt64(count.bitPattern), bytes: 4) }
      for look in ring.looks { writer.append(UInt64(look), bytes: 2) }
    }
    for horizon in scores.horizons {
      writer.append(Int64(horizon.percents.count))
      for percent in horizon.percents { writer.append(UInt64(percent), bytes: 1) }
    }
    return writer.bytes
  }

  /// Nil for what isn't of this version, or is damaged.
  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard reader.integer() == Self.version, let total = reader.integer(),
      let time = reader.integer(),
      let minutes = reader.ring(ForecastLimits.minute, ForecastLimits.minutes),
      let slots = reader.ring(
        ForecastLimits.slot, ForecastLimits.slotsPerDay * ForecastLimits.days + 1)
    else { return nil }
    var scores = ForecastScores()
    for index in scores.horizons.indices {
      guard let count = reader.integer(), (0...Int64(ForecastLimits.scores)).contains(count) else {
        return nil
      }
      for _ in 0..<count {
        guard let percent = reader.unsigned(bytes: 1) else { return nil }
        scores.horizons[index].percents.append(UInt8(percent))
      }
    }
    self.init(
      minutes: minutes, slots: slots, last: total < 0 ? nil : Look(total: total, time: time),
      scores: scores)
  }
}

/// Little-endian numbers one behind the other.
private struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: Int64) { append(UInt64(bitPattern: value), bytes: 8) }

  mutating func append(_ value: UInt64, bytes count: Int) {
    for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }
}

private struct ByteReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func unsigned(bytes count: Int) -> UInt64? {
    guard bytes.count - place >= count else { return nil }
    var value: UInt64 = 0
    for offset in 0..<count { value |= UInt64(bytes[place + offset]) << (8 * offset) }
    place += count
    return value
  }

  mutating func integer() -> Int64? { unsigned(bytes: 8).map { Int64(bitPattern: $0) } }

  mutating func ring(_ width: Int64, _ buckets: Int) -> CountRing? {
    guard let newest = integer() else { return nil }
    var counts: [Float] = []
    var looks: [UInt16] = []
    for _ in 0..<buckets {
      guard let bits = unsigned(bytes: 4) else { return nil }
      counts.append(Float(bitPattern: UInt32(bits)))
    }
    for _ in 0..<buckets {
      guard let look = unsigned(bytes: 2) else { return nil }
      looks.append(UInt16(look))
    }
    return CountRing(width: width, newest: newest, counts: counts, looks: looks)
  }
}
