// How long an order is kept, so that its repetition is known and where it is can be asked:
//
//     an order that                              is kept
//     isn't forwarded or withdrawn               until it is, and then
//     is in a unit's queue, or a dead letter     until it isn't, and then
//     has a cancellation that isn't forwarded    until that is, and then
//     came after one that is kept                as long as that one
//     else                                       for the retention, from when it came
//
// The store drops orders in the pieces in which it took them, and never the newest.
extension Intake {
  /// The first order that is needed whatever its age; the next one's sequence if none is.
  func lookForUnfinished() -> Int64 {
    var first = nextSequence
    func look(_ blocks: PlaceBlocks, for place: UInt8) {
      first = blocks.first(at: place, from: firstUnfinished, through: first - 1) ?? first
    }
    for place in OrderPlace.allCases where place != .none && !place.isThrough {
      look(places, for: place.rawValue)
    }
    for unit in units.values {
      look(unit.queue, for: UnitPlace.queued.rawValue)
      look(unit.queue, for: UnitPlace.dead.rawValue)
    }
    set(\.firstUnfinished, first)
    return min(first, waitingOriginals.min() ?? first)
  }

  /// Orders before `first`, all of them through, are known no more.
  func raiseFloor(to first: Int64) {
    let before = floor
    let withdrawn =
      count(.withdrawn) == 0
      ? 0
      : places.sequences(
        at: OrderPlace.withdrawn.rawValue, after: floor - 1, through: first - 1, limit: .max
      ).count
    let forwarded = Int(first - floor) - withdrawn
    func put(_ floor: Int64, sign: Int) {
      self.floor = floor
      seen.floor = floor
      counts[Int(OrderPlace.forwarded.rawValue)] += sign * forwarded
      counts[Int(OrderPlace.withdrawn.rawValue)] += sign * withdrawn
    }
    put(first, sign: -1)
    note { put(before, sign: 1) }
  }

  /// Gives back the memory of what is below the floor, for good.
  func forgetWhatIsNotKept() {
    let block = PlaceBlocks.block(of: floor)
    guard seen.forget(), block > firstBlock else { return }
    for number in firstBlock..<block {
      places.forget(block: number)
      versions.forget(block: number)
      keys.forget(block: number)
      reservations.forget(block: number)
      for unit in units.values { unit.queue.forget(block: number) }
    }
    firstBlock = block
  }

  /// Counts a cancellation among those that wait, or no longer.
  func cancellation(of original: Int64, waits: Bool) {
    guard original != 0 else { return }
    if waits { waitingOriginals.insert(original) } else { waitingOriginals.remove(original) }
    note { [unowned self] in
      if waits { waitingOriginals.remove(original) } else { waitingOriginals.insert(original) }
    }
  }
}
