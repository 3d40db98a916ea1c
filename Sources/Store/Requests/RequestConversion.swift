/// Brings requests that have a row each, as an older server wrote them, into rows of many.
enum RequestConversion {
  /// Neighbours of so many microseconds share a row, and are kept until the last of them is too old.
  private static let shared = Duration.seconds(1)

  @Sendable
  static func run(_ connection: SQLiteConnection) throws(StoreError) {
    let reading = ReadConnection(connection)
    var indexedThrough: Int64 = 0
    try reading.query(RequestSchema.progress) { indexedThrough = $0.integer(0) }
    // The rows of one chunk are either all in the index or all not.
    var open: (chunk: RequestChunk, first: BootTime)?
    func close() throws(StoreError) {
      guard let chunk = open?.chunk else { return }
      let buffer = RowBuffer()
      chunk.write(buffer.appendRow)
      do throws(SQLiteFailure) { try connection.execute(buffer) } catch { throw error.error }
    }
    try reading.query(RequestSchema.oldRows) { row throws(StoreError) in
      let sequence = row.integer(0)
      let boot = row.bootTime(2)
      let key = RequestKey(
        caller: row.text(4), business: row.text(3), method: row.text(5), requestID: row.text(6),
        bodyHash: row.bytes(7))
      let fits = open.map { open in
        open.chunk.takes(sequence) && sequence - 1 != indexedThrough
          && boot <= open.first + shared
      }
      if fits != true {
        try close()
        open = (RequestChunk(first: sequence, boot: boot), boot)
      }
      open?.chunk.boot = boot
      open?.chunk.append(
        key, hash: UInt64(bitPattern: row.integer(1)), row.bytes(8))
    }
    try close()
    do throws(SQLiteFailure) { try connection.run("DROP TABLE request") } catch {
      throw error.error
    }
  }
}
