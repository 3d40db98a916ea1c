/// A pool as it is shown.
struct PoolView: Sendable, Equatable {
  var business: String
  var settings: PoolSettings
  /// Wall clock, µs.
  var created: Int64
  var updated: Int64
  var stock: StockView
  var stops: PoolStops
  /// When the stock is used up if nothing is made from now on (wall clock, µs), as far as whoever
  /// asks can tell.
  var runDry: Int64?
}

extension Book {
  /// Makes the pool of a business. `zone` is what the settings' time zone was found to be, or nil.
  func createPool(
    _ business: String, _ settings: PoolSettings, zone: TimeZoneRules?, by principal: String = "",
    at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> PoolView {
    guard isBusiness(business) else { throw .businessInvalid }
    guard byBusiness[ExactText(business)] == nil else { throw .poolExists }
    guard byBusiness.count < limits.pools else { throw .poolsExhausted(limit: limits.pools) }
    let form = try form(business, settings, zone)
    let pool = Pool(
      index: Int32(pools.count), id: nextPool, business: business, created: now.wall,
      settings: settings, zone: form.zone, editions: [Edition(index: 0, form: form)])
    pools.append(pool)
    nextPool += 1
    byBusiness[ExactText(business)] = pool.index
    businesses.insert(business, at: place(of: business))
    // The place of an undone pool stays empty, since its number may stand in other notes.
    undoLog.append(
      .other { [unowned self] in
        pools[Int(pool.index)] = nil
        byBusiness[ExactText(business)] = nil
        businesses.remove(at: place(of: business))
      })
    rows.insertPool(pool)
    rows.insertEdition(pool.editions[0], of: pool)
    note(
      PoolChange(
        kind: .created, time: now.wall, principal: principal, detail: settings.template),
      of: pool, rows: rows)
    touch(pool, at: now, rows: rows)
    fillLater(pool)
    return view(pool, at: now)
  }

  /// Changes the settings of a pool by `change`. `zone` is what a changed time zone was found to
  /// be.
  func updatePool(
    _ business: String, zone: TimeZoneRules?, by principal: String = "", at now: Moment,
    rows: any NumberRows, _ change: (inout PoolSettings) throws(Refusal) -> Void
  ) throws(Refusal) -> PoolView {
    let pool = try pool(of: business)
    var settings = pool.settings
    try change(&settings)
    let before = pool.settings
    let newForm =
      ExactText(settings.template) != ExactText(before.template) || settings.period != before.period
      || ExactText(settings.timeZone) != ExactText(before.timeZone)
    if let problem = settings.problem { throw problem }
    if !newForm {
      if settings.startSerial != before.startSerial { throw .settingFixed(.startSerial) }
      if settings.unguessable != before.unguessable { throw .settingFixed(.unguessableSerials) }
    }
    var form: NumberForm?
    if newForm {
      let zone = ExactText(settings.timeZone) == ExactText(pool.zone.name) ? pool.zone : zone
      let new = try self.form(business, settings, zone)
      try checkNew(new, in: pool)
      form = new
    }

    let (editions, updated, zone) = (pool.editions, pool.updated, pool.zone)
    undoLog.append(
      .other {
        pool.settings = before
        pool.editions = editions
        pool.updated = updated
        pool.zone = zone
      })
    touch(pool, at: now, rows: rows)
    pool.settings = settings
    pool.updated = now.wall
    if let form {
      let edition = Edition(index: Int32(pool.editions.count), form: form)
      pool.editions.append(edition)
      pool.zone = form.zone
      rows.insertEdition(edition, of: pool)
    }
    rows.updatePool(pool)
    let changed = settings.differences(from: before)
    if !changed.isEmpty {
      note(
        PoolChange(
          kind: .updated, time: now.wall, principal: principal,
          detail: changed.map(\.rawValue).joined(separator: ", ")), of: pool, rows: rows)
    }
    fillLater(pool)
    return view(pool, at: now)
  }

  private func form(
    _ business: String, _ settings: PoolSettings, _ zone: TimeZoneRules?
  ) throws(Refusal) -> NumberForm {
    if let problem = settings.problem { throw problem }
    guard let zone else { throw .timeZoneUnknown }
    let form: NumberForm
    do throws(TemplateProblem) {
      let template = try NumberTemplate(parsing: settings.template, period: settings.period)
      form = try NumberForm(
        business: business, template: template, period: settings.period, zone: zone,
        firstSerial: settings.startSerial, key: settings.unguessable ? newKey() : nil)
    } catch {
      throw .templateInvalid(error)
    }
    guard (1...form.lastSerial).contains(form.firstSerial) else {
      throw .settingOutOfRange(.startSerial, least: 1, most: form.lastSerial)
    }
    return form
  }

  /// No two templates of a pool may be able to make the same number.
  private func checkNew(_ form: NumberForm, in pool: Pool) throws(Refusal) {
    guard pool.editions.count < Limits.templatesPerPool else { throw .templateChangesExhausted }
    for edition in pool.editions where form.mayOverlap(edition.form) {
      throw .templateMayRepeat(earlier: edition.form.template.text)
    }
  }

  func pool(_ business: String, at now: Moment) throws(Refusal) -> PoolView {
    view(try pool(of: business), at: now)
  }

  /// Up to `count` pools after a business, in the order of their bytes, and whether there are more.
  func pools(after business: String, count: Int, at now: Moment) -> (pools: [PoolView], more: Bool)
  {
    let names = businesses[businesses.partitionPoint { $0 <= business }...]
    let page = names.prefix(count).compactMap { name in
      byBusiness[ExactText(name)].flatMap { pools[Int($0)] }.map { view($0, at: now) }
    }
    return (page, names.count > count)
  }

  /// Where a business stands in `businesses`, or would stand.
  private func place(of business: String) -> Int { businesses.partitionPoint { $0 < business } }

  func view(_ pool: Pool, at now: Moment) -> PoolView {
    PoolView(
      business: pool.business, settings: pool.settings, created: pool.created,
      updated: pool.updated, stock: stock(of: pool, at: now), stops: pool.stops)
  }

  /// The forms of all templates that a pool has or had, the present one last. They never change.
  func forms(of business: String) throws(Refusal) -> [NumberForm] {
    try pool(of: business).editions.map(\.form)
  }
}
