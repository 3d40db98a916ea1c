/// A database that was opened and read: what the writer starts from, at the start and again after a
/// recovery.
struct LoadedStore {
  let connection: SQLiteConnection
  let info: StoreInfo
  let states: [any WriterState]
  /// The last batch committed before this opening.
  let found: BatchMarker
  /// This opening's own mark, committed.
  let marker: BatchMarker

  /// Opens, migrates, begins a new epoch and loads every state.
  init(
    _ configuration: StoreConfiguration, clock: any StoreClock, feeds: FeedHub,
    states types: [any WriterState.Type]
  ) throws(StoreError) {
    connection = try SQLiteOpening.writer(configuration)
    do throws(StoreError) {
      let reading = ReadConnection(connection)
      try Migrator(connection: connection).migrate(
        [(StoreSchema.capability, StoreSchema.migrations)]
          + types.map { ($0.capability, $0.migrations) })
      found = try BatchMarker.read(reading)
      let identity = try Self.identity(connection)
      marker = BatchMarker(
        epoch: found.epoch + 1, sequence: 0, now: max(found.now, clock.wall()), boot: found.boot)
      info = StoreInfo(
        incarnation: identity.incarnation, epoch: marker.epoch, now: marker.now, boot: marker.boot,
        configuration: configuration, requestHashKey: identity.hashKey, feedHub: feeds)
      var states: [any WriterState] = []
      for type in types { states.append(try type.init(loading: reading, store: info)) }
      self.states = states
      try Self.begin(marker, after: found, on: connection)
    } catch {
      connection.close()
      throw error
    }
  }

  private static func begin(
    _ marker: BatchMarker, after found: BatchMarker, on connection: SQLiteConnection
  ) throws(StoreError) {
    let buffer = RowBuffer(capacity: 256)
    marker.write(buffer, after: found)
    do throws(SQLiteFailure) {
      try connection.execute(buffer)
      guard connection.changedRows == 1 else { throw .overtaken }
    } catch {
      throw error.error
    }
  }

  private static func identity(
    _ connection: SQLiteConnection
  ) throws(StoreError) -> (incarnation: UInt64, hashKey: SipHash) {
    var found: (UInt64, SipHash)?
    let reading = ReadConnection(connection)
    func read() throws(StoreError) {
      try reading.query(StoreSchema.readIdentity) { row in
        found = (
          UInt64(bitPattern: row.integer(0)),
          SipHash(
            key0: UInt64(bitPattern: row.integer(1)), key1: UInt64(bitPattern: row.integer(2)))
        )
      }
    }
    try read()
    if found == nil {
      let buffer = RowBuffer(capacity: 256)
      buffer.appendRow(of: StoreSchema.addIdentity) { row in
        for _ in 0..<3 { row.bind(StoreSchema.randomBits()) }
      }
      do { try connection.execute(buffer) } catch { throw error.error }
      try read()
    }
    guard let found else { throw .corrupt("the store's identity is missing") }
    return found
  }
}
