/// The offsets of a time zone from UTC: at known transitions, and by a rule after the last of them.
struct TimeZoneRules: Sendable, Equatable {
  /// An offset that holds from a moment on.
  struct Transition: Sendable, Equatable {
    /// Seconds since the Unix epoch.
    var second: Int64
    /// Seconds east of UTC.
    var offset: Int
  }

  /// As users write it: "Asia/Shanghai", "UTC", "+08:00".
  var name: String
  /// The offset before the first transition, and where there is none.
  var firstOffset: Int
  /// In order of their moments.
  var transitions: [Transition]
  /// What holds after the last transition, where the zone's last offset doesn't hold for ever.
  var rule: DaylightRule?

  static let utc = TimeZoneRules(name: "UTC", firstOffset: 0, transitions: [], rule: nil)

  /// The zone "+HH:MM" or "-HH:MM", up to 14 hours.
  init?(fixed name: String) {
    let bytes = Array(name.utf8)
    guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
      bytes[3] == UInt8(ascii: ":"), let hours = decimal(bytes[1...2]),
      let minutes = decimal(bytes[4...5]), minutes < 60, hours * 60 + minutes <= 14 * 60
    else { return nil }
    let seconds = (hours * 60 + minutes) * 60
    self.init(
      name: name, firstOffset: bytes[0] == UInt8(ascii: "-") ? -seconds : seconds,
      transitions: [], rule: nil)
  }

  init(name: String, firstOffset: Int, transitions: [Transition], rule: DaylightRule?) {
    self.name = name
    self.firstOffset = firstOffset
    self.transitions = transitions
    self.rule = rule
  }

  /// Seconds east of UTC at `second` seconds after the Unix epoch.
  func offset(at second: Int64) -> Int {
    guard let last = transitions.last else { return rule?.offset(at: second) ?? firstOffset }
    if second >= last.second { return rule?.offset(at: second) ?? last.offset }
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].second <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : transitions[low - 1].offset
  }

  /// The civil time of the zone at `microseconds` since the Unix epoch.
  func civil(at microseconds: Int64) -> CivilTime {
    CivilTime(
      microseconds: microseconds,
      offsetSeconds: offset(at: floorDivide(microseconds, 1_000_000)))
  }

  /// The first moment at which the zone's clocks show `civil`; if they skip it, the moment at which
  /// they would have shown it before they were put forward.
  func second(of civil: CivilTime) -> Int64 {
    let local = civil.secondsSinceEpoch
    // Offsets are within a day, so the offset in force is one of those a day before and after.
    let before = offset(at: local - 86_400)
    let after = offset(at: local + 86_400)
    let candidates = [local - Int64(before), local - Int64(after)].sorted()
    for candidate in candidates where candidate + Int64(offset(at: candidate)) == local {
      return candidate
    }
    return local - Int64(before)
  }
}

/// The number that `digits` spell, or nil where one of them is no decimal digit.
func decimal(_ digits: some Sequence<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
    let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
    guard !overflow else { return nil }
    value = scaled + Int(digit - UInt8(ascii: "0"))
  }
  return value
}
