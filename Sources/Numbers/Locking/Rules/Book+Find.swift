/// The token that a call carries.
struct TokenValue: Sendable, Equatable {
  var incarnation: UInt64
  var generation: UInt64
}

extension Book {
  /// A number that a call names.
  enum Found {
    case live(Live)
    case ended(EndedNumber)
  }

  /// A live number, as it was when it was found.
  struct Live {
    var series: Int32
    var serial: Int64
    /// The place of its lock.
    var lock: Int32
  }

  /// How many of `found`, the first of them live, are neighbours in one lock in their order: they
  /// end together.
  func stretch(of found: ArraySlice<Found>) -> Int {
    guard case .live(let first)? = found.first else { return 0 }
    var count = 1
    for next in found.dropFirst() {
      guard case .live(let next) = next, next.lock == first.lock,
        next.serial == first.serial + Int64(count)
      else { break }
      count += 1
    }
    return count
  }

  /// A number by its text: the template that can have made it, and what it says of itself.
  func identify(
    _ number: String, in pool: Pool
  ) throws(NumberProblem) -> (edition: Edition, parsed: ParsedNumber) {
    let (place, parsed) = try pool.editions.lazy.map(\.form).identify(number)
    return (pool.editions[place], parsed)
  }

  /// Finds the number at `place` of a call, and checks that the token is its last one and that the
  /// caller is its last holder.
  func find(
    _ number: String, _ token: TokenValue?, _ caller: Caller, place: Int, in pool: Pool,
    rows: any NumberRows
  ) throws(Refusal) -> Found {
    let key: NumberKey
    let slot: Int32?
    do throws(NumberProblem) {
      (key, slot) = try locate(number, in: pool)
    } catch {
      throw .numberInvalid(place, error)
    }
    guard let token else { throw .tokenMissing(place) }
    guard token.incarnation == incarnation else { throw .tokenOfOtherIncarnation(place) }
    if let slot, let lock = locks[slot] {
      guard token.generation == UInt64(lock.generation) else { throw .tokenStale(place) }
      guard caller.mayAct(for: callers[lock.caller]) else { throw .numberNotHeld(place) }
      return .live(Live(series: lock.series, serial: key.serial, lock: slot))
    }
    guard let ended = rows.endedNumber(key) else { throw .numberUnknown(place) }
    guard shows(ended, number, key, in: pool) else { throw .numberUnknown(place) }
    guard token.generation == UInt64(ended.generation) else { throw .tokenStale(place) }
    guard caller.mayAct(for: ended.caller) else { throw .numberNotHeld(place) }
    return .ended(ended)
  }

  /// The key of a number and the place of its lock, if it is live.
  func locate(
    _ number: String, in pool: Pool
  ) throws(NumberProblem) -> (key: NumberKey, slot: Int32?) {
    if let hit = locateLive(number, in: pool) { return hit }
    let (edition, parsed) = try identify(number, in: pool)
    let key = NumberKey(
      pool: pool.id, edition: edition.index, period: parsed.period, serial: parsed.serial)
    guard let index = edition.series[parsed.period], let slot = series[index]?.live[parsed.serial],
      let lock = locks[slot]
    else { return (key, nil) }
    // The same serial with another time of day is another text, and was never made.
    guard let skeleton = edition.skeleton(at: lock.generated),
      edition.form.matches(number, skeleton, serial: parsed.serial, period: parsed.period)
    else { return (key, nil) }
    return (key, slot)
  }

  /// Nearly every number that is named is a live one of the present period: found by its serial
  /// alone, it needs no more than a comparison with what it must look like.
  private func locateLive(_ number: String, in pool: Pool) -> (key: NumberKey, slot: Int32?)? {
    guard let edition = pool.editions.last, let series = edition.present,
      let serial = edition.form.serial(of: number, period: series.period),
      let slot = series.live[serial],
      let lock = locks[slot], let skeleton = edition.skeleton(at: lock.generated),
      edition.form.matches(number, skeleton, serial: serial, period: series.period)
    else { return nil }
    return (key(series, serial), slot)
  }

  /// Whether the number with this key that ended has exactly this text.
  func shows(_ ended: EndedNumber, _ number: String, _ key: NumberKey, in pool: Pool) -> Bool {
    let edition = pool.editions[Int(key.edition)]
    guard let skeleton = edition.skeleton(at: ended.generated) else { return false }
    return edition.form.matches(number, skeleton, serial: key.serial, period: key.period)
  }
}
