internal import API
internal import Messages
internal import Store

/// Reads a page of marks from what is committed. It looks at a bounded number of rows, whether they
/// are wanted or not.
struct LockListing: Sendable {
  let business: String
  let incarnation: UInt64
  let filter: LockFilter
  /// Wall clock, µs: only live marks that go back before it.
  let expireBefore: Int64?
  let pageSize: Int

  /// What the book says of the pool.
  struct Pool: Sendable {
    var id: Int64
    var forms: [NumberForm]
    var now: Moment
  }

  struct Page: Sendable {
    var locks: [API.Lock] = []
    /// Where the next page begins; nil: this is the last.
    var next: ListPosition?
    /// The newest event in the snapshot, if it was asked for.
    var snapshot: Int64 = 0
    /// A mark has a template that the pool's forms don't have yet.
    var isFormMissing = false
  }

  private static let live = Statement(
    """
    SELECT k.edition, k.period, k.serial, k.generation, k.generated_us, k.allocated_us, k.holder,
      k.principal, k.lease, k.event, coalesce(l.expires_boot_us, k.lease_expires_boot_us),
      k.run_length
    FROM number_lock k LEFT JOIN number_lease l ON l.pool = k.pool AND l.lease = k.lease
    WHERE k.pool = $1 AND (k.edition, k.period, k.serial) > ($2, $3, $4)
    ORDER BY k.edition, k.period, k.serial LIMIT $5
    """)
  private static let completed = Statement(
    """
    SELECT edition, period, serial, generation, generated_us, allocated_us, holder, principal,
      lease, event, completed_us, currency, amount_minor, run_length
    FROM number_completed WHERE pool = $1 AND (edition, period, serial) > ($2, $3, $4)
    ORDER BY edition, period, serial LIMIT $5
    """)
  private static let returned = Statement(
    """
    SELECT edition, period, serial, generation, generated_us, allocated_us, holder, principal,
      lease, event, returned_us, cause, reason
    FROM number_returned WHERE pool = $1 AND (edition, period, serial) > ($2, $3, $4)
    ORDER BY edition, period, serial LIMIT $5
    """)

  /// The tables that can have marks that are wanted, from `table` on.
  private func tables(from table: ListPosition.Table) -> [ListPosition.Table] {
    ListPosition.Table.allCases.filter { other in
      other.rawValue >= table.rawValue && other.states.contains { filter.wants($0) }
        && (expireBefore == nil || other == .live)
    }
  }

  /// The page that begins after `start`; nil: the first, with its snapshot.
  func read(
    _ pool: Pool, after start: ListPosition?, _ connection: ReadConnection
  ) throws(StoreError) -> Page {
    var page = Page()
    if start == nil { page.snapshot = try connection.head(of: NumberFeed.key(of: business)) }
    var position = start ?? ListPosition(.live)
    var budget = Limits.rowsPerListing
    var skeletons = SkeletonCache()
    for table in tables(from: position.table) {
      if table != position.table { position = ListPosition(table) }
      var isMore = true
      while isMore {
        guard page.locks.count < pageSize, budget > 0 else {
          page.next = position
          return page
        }
        let step = min(budget, filter.isOpen ? pageSize - page.locks.count : Limits.rowsPerStep)
        var (rows, looked) = (0, 0)
        var isFull = false
        try query(table, pool, position, step, connection) { row in
          rows += 1
          for serial in serials(row, table, after: position) {
            isFull = page.locks.count >= pageSize || looked >= budget
            guard !isFull, !page.isFormMissing else { return }
            looked += 1
            take(row, serial, table, pool, &position, &page, &skeletons)
          }
        }
        if page.isFormMissing { return page }
        budget -= max(step, looked)
        isMore = isFull || rows == step
      }
    }
    return page
  }

  private func query(
    _ table: ListPosition.Table, _ pool: Pool, _ position: ListPosition, _ rows: Int,
    _ connection: ReadConnection, _ each: (borrowing ResultRow) throws(StoreError) -> Void
  ) throws(StoreError) {
    let statement =
      switch table {
      case .live: Self.live
      case .completed: Self.completed
      case .returned: Self.returned
      }
    try connection.query(
      statement,
      bind: { row in
        row.bind(pool.id)
        row.bind(position.edition)
        row.bind(position.period)
        row.bind(position.serial)
        row.bind(rows)
      }, each)
  }

  /// The serials of a row that come after a position.
  private func serials(
    _ row: borrowing ResultRow, _ table: ListPosition.Table, after position: ListPosition
  ) -> ClosedRange<Int64> {
    let last = row.integer(2)
    let length: Int64 =
      switch table {
      case .live: row.integer(11)
      case .completed: row.integer(13)
      case .returned: 1
      }
    let first = last - length + 1
    let isSameSeries = row.integer(0) == position.edition && row.integer(1) == position.period
    return min(isSameSeries ? max(first, position.serial + 1) : first, last)...last
  }

  /// Looks at a number of a row: it goes on the page if it is wanted.
  private func take(
    _ row: borrowing ResultRow, _ serial: Int64, _ table: ListPosition.Table, _ pool: Pool,
    _ position: inout ListPosition, _ page: inout Page, _ skeletons: inout SkeletonCache
  ) {
    let edition = Int32(truncatingIfNeeded: row.integer(0))
    guard pool.forms.indices.contains(Int(edition)) else {
      page.isFormMissing = true
      return
    }
    position.edition = row.integer(0)
    position.period = row.integer(1)
    position.serial = serial
    let holder = row.text(6)
    let state = state(row, table)
    guard filter.wants(holder: holder), filter.wants(state) else { return }
    let form = pool.forms[Int(edition)]
    // A form that can't show the moment wouldn't have made the number.
    guard
      let skeleton = skeletons.skeleton(of: form, edition: edition, generated: row.integer(4))
    else { return }
    let number = form.number(
      skeleton, serial: serial, period: Int32(truncatingIfNeeded: row.integer(1)))
    let event = row.integer(9)
    var lock = API.Lock(
      business: business, number: number,
      state: LockState(state),
      token: Token(incarnation: incarnation, generation: UInt64(bitPattern: row.integer(3))),
      holder: holder, principal: row.text(7), leaseID: row.integer(8),
      allocateTime: ProtoTimestamp(microseconds: row.integer(5)),
      lastEvent: event == 0 ? 0 : event - (row.integer(2) - serial))
    switch table {
    case .live:
      guard finishLive(&lock, expires: row.integer(10), pool.now) else { return }
    case .completed:
      lock.endTime = ProtoTimestamp(microseconds: row.integer(10))
      let currency = row.text(11)
      if !currency.isEmpty {
        lock.amount = Money(currencyCode: currency, amountMinor: row.integer(12))
      }
    case .returned:
      lock.endTime = ProtoTimestamp(microseconds: row.integer(10))
      lock.releaseReason = row.text(12)
    }
    page.locks.append(lock)
  }

  private func state(_ row: borrowing ResultRow, _ table: ListPosition.Table) -> MarkState {
    switch table {
    case .live: .live
    case .completed: .completed
    case .returned:
      row.integer(11) == Int64(ReturnCause.released.rawValue) ? .released : .expired
    }
  }

  /// Says when it goes back; false if that isn't early enough to be wanted.
  private func finishLive(_ lock: inout API.Lock, expires: Int64, _ now: Moment) -> Bool {
    guard lock.leaseID != 0 else { return expireBefore == nil }
    let shown = now.shown(at: expires)
    lock.expireTime = ProtoTimestamp(microseconds: shown)
    return expireBefore.map { shown < $0 } ?? true
  }
}
