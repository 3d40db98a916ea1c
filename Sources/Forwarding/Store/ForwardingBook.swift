internal import Numbers
public import Store
internal import Warnings

/// What can end a command without an answer.
typealias ForwardingFailure = StateFailure<ForwardingRefusal>

/// The intakes in the store's writer: loaded from the feeds and tables at start, changed with each batch,
/// with what is due in lanes done in small pieces.
public final class ForwardingBook: WriterState {
  /// The name in the migration table.
  public static let capability = "forwarding"
  /// The tables.
  public static var migrations: [Migration] { ForwardingSchema.migrations }

  var intakes: [ExactText: StoredIntake] = [:]
  /// Orders kept in all.
  var kept = 0
  /// Intakes with something to move, by their `looks`.
  private(set) var dues = DueHeap<String>()
  private var touched: [StoredIntake] = []
  let desk: ConsumptionDesk
  /// The times of the batch in hand, boot and wall, µs.
  private var (boot, wall): (Int64, Int64) = (0, 0)

  /// Reads the tables and the feeds.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    desk = ConsumptionDesk(epoch: store.epoch)
    try ForwardingLoader(self, connection, store).load()
    for stored in intakes.values {
      kept += stored.intake.kept
      if stored.intake.kept > 0 { stored.pruning = store.boot.microseconds }
      // Also to see whether the warnings know what there is.
      schedule(stored, at: store.boot.microseconds)
    }
  }

  /// The intake of a business, to be changed.
  func intake(
    _ business: String, field: String = "business", _ batch: Batch
  ) throws(ForwardingFailure) -> StoredIntake {
    let stored = try look(at: business, field: field)
    touch(stored, batch)
    return stored
  }

  /// The intake of a business.
  func look(
    at business: String, field: String = "business"
  ) throws(ForwardingFailure) -> StoredIntake {
    guard let stored = intakes[ExactText(business)] else {
      throw .refused(
        isBusiness(business) ? .intakeNotFound(field: field) : .businessInvalid(field: field))
    }
    return stored
  }

  func touch(_ stored: StoredIntake, _ batch: Batch) {
    (boot, wall) = (batch.boot.microseconds, batch.now.microseconds)
    let (mark, kept) = (stored.mark, kept)
    batch.undo { [unowned self] in
      stored.undo(to: mark)
      self.kept = kept
    }
    guard !stored.isTouched else { return }
    stored.isTouched = true
    let boot = batch.boot.microseconds
    if stored.flow.isDue(at: boot) { stored.flow.append(stored.intake.look(at: boot)) }
    touched.append(stored)
  }

  /// Makes an intake or changes its settings.
  func put(
    _ business: String, _ settings: IntakeSettings, _ capacity: ForwardingCapacity, _ batch: Batch
  ) throws(ForwardingFailure) -> StoredIntake {
    if let stored = intakes[ExactText(business)] {
      touch(stored, batch)
      do throws(ForwardingRefusal) { try stored.intake.change(settings) } catch {
        throw .refused(error)
      }
      schedule(stored)
      return stored
    }
    guard intakes.count < capacity.intakes else {
      throw .refused(.intakesExhausted(limit: capacity.intakes))
    }
    let stored = StoredIntake(Intake(business: business, settings: settings))
    stored.flow.append(stored.intake.look(at: batch.boot.microseconds))
    intakes[ExactText(business)] = stored
    batch.undo { [unowned self] in intakes[ExactText(business)] = nil }
    batch.feeds.setRetention(OrderFeed.retention, of: OrderFeed.key(business), batch)
    stored.writeRow(batch)
    return stored
  }

  /// When something in a lane is due.
  public var nextWake: BootTime? { dues.earliest.map { BootTime(microseconds: $0) } }

  /// Moves some of what is due from lanes to units.
  public func wake(_ batch: Batch) throws(StoreError) {
    let now = batch.boot.microseconds
    var room = ForwardingLimits.ordersPerWake
    while room > 0, let business = dues.popDue(at: now) {
      guard let stored = intakes[ExactText(business)], let look = stored.looks.popLast() else {
        continue
      }
      batch.undo { [unowned self] in
        dues.insert(business, due: look)
        stored.looks.append(look)
      }
      touch(stored, batch)
      // Mostly nobody asks.
      let known: Intake.Known =
        stored.intake.waiting.supplied.isEmpty ? { _ in nil } : GoodsLookup(business, batch).known
      let moved = stored.intake.dispatch(at: now, limit: room, known: known)
      room -= max(1, moved + expire(stored, batch))
      try tellWarnings(of: stored, batch)
      try prune(stored, batch)
      // Behind those that wait already, so that one with much to do takes turns with them.
      schedule(stored, at: max(stored.due, now))
    }
  }

  /// Orders become quarantined, and go on, in timed work only, so that is where rules hear of it; one that
  /// begins to wait for goods has it called.
  private func tellWarnings(of stored: StoredIntake, _ batch: Batch) throws(StoreError) {
    try tell(.quarantinedOrders, stored.intake.count(.quarantined), of: stored, batch)
    try tell(.ordersAwaitingGoods, stored.intake.count(.awaiting), of: stored, batch)
    try tell(.ordersBeyondBound, stored.intake.beyondBound, of: stored, batch)
  }

  /// Queues become shorter, and other bounds are set, between timed work, too.
  func tellBound(of stored: StoredIntake, _ batch: Batch) throws(ForwardingFailure) {
    do throws(StoreError) {
      try tell(.ordersBeyondBound, stored.intake.beyondBound, of: stored, batch)
    } catch {
      throw .store(error)
    }
  }

  private func tell(
    _ signal: CountedSignal, _ count: Int, of stored: StoredIntake, _ batch: Batch
  ) throws(StoreError) {
    guard let warnings = batch.state(of: WarningBook.self) else { return }
    let business = stored.intake.business
    let told = warnings.lastCount(signal, of: business)
    guard let due = QuarantineReport.due(count: count, told: told) else { return }
    guard due <= batch.boot.microseconds else { return schedule(stored, at: due) }
    try warnings.counted(signal, of: business, count, batch)
  }

  /// Has an intake looked at when something in it is due. What it is scheduled for by mistake, as a
  /// change was taken back, costs one look.
  func schedule(_ stored: StoredIntake) {
    schedule(stored, at: stored.due)
  }

  func schedule(_ stored: StoredIntake, at due: Int64) {
    guard due < stored.looks.last ?? .max else { return }
    stored.looks.append(due)
    dues.insert(stored.intake.business, due: due)
  }

  /// Writes what has changed, once for all commands.
  public func willCommit(_ batch: Batch) {
    takeArrivals(batch)
    for stored in touched where intakes[ExactText(stored.intake.business)] === stored {
      stored.write(batch)
    }
  }

  /// Nothing is taken back any more.
  public func didCommit() {
    for stored in touched {
      stored.isTouched = false
      desk.step(stored.intake, at: boot, wall: wall)
      stored.intake.settle()
      schedule(stored, at: stored.dueAfterCommit)
    }
    desk.tellEnded()
    touched.removeAll(keepingCapacity: true)
  }
}
