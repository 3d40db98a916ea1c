internal import Glibc

/// The store's own tables: who it is, and how far its writers got.
enum StoreSchema {
  static let capability = "store"

  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE store_identity (
          only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
          incarnation BIGINT NOT NULL,
          hash_key_0 BIGINT NOT NULL,
          hash_key_1 BIGINT NOT NULL
        );
        CREATE TABLE writer_batch (
          writer BIGINT NOT NULL PRIMARY KEY,
          epoch BIGINT NOT NULL,
          sequence BIGINT NOT NULL,
          time_us BIGINT NOT NULL,
          boot_us BIGINT NOT NULL
        );
        INSERT INTO writer_batch VALUES (0, 0, 0, 0, 0);
        """)
  ]

  static let readIdentity = Statement(
    "SELECT incarnation, hash_key_0, hash_key_1 FROM store_identity")
  static let addIdentity = Statement("INSERT INTO store_identity VALUES (1, $1, $2, $3)")
  static let readMarker = Statement(
    "SELECT epoch, sequence, time_us, boot_us FROM writer_batch WHERE writer = 0")
  static let readEpoch = Statement("SELECT epoch FROM writer_batch WHERE writer = 0")
  static let writeMarker = Statement(
    "UPDATE writer_batch SET epoch = $1, sequence = $2, time_us = $3, boot_us = $4 WHERE writer = 0"
  )
  /// Changes nothing if a batch was committed since the marker was read.
  static let beginEpoch = Statement(
    """
    UPDATE writer_batch SET epoch = $1, sequence = $2, time_us = $3, boot_us = $4
    WHERE writer = 0 AND epoch = $5 AND sequence = $6
    """)

  /// 63 random bits: fits BIGINT without a sign.
  static func randomBits() -> Int64 {
    Int64(bitPattern: UInt64.random(in: 1...UInt64(Int64.max)))
  }
}

/// The row that is in every batch: how far the writer got, and the times of it.
struct BatchMarker: Equatable {
  var epoch: Int64
  var sequence: Int64
  var now: Timestamp
  var boot: BootTime

  static func read(_ connection: ReadConnection) throws(StoreError) -> BatchMarker {
    var found: BatchMarker?
    try connection.query(StoreSchema.readMarker) { row in
      found = BatchMarker(
        epoch: row.integer(0), sequence: row.integer(1), now: row.timestamp(2),
        boot: row.bootTime(3))
    }
    guard let found else { throw .corrupt("the writer's marker is missing") }
    return found
  }

  func write(_ buffer: RowBuffer) {
    buffer.appendRow(of: StoreSchema.writeMarker) { bind(&$0) }
  }

  func write(_ buffer: RowBuffer, after found: BatchMarker) {
    buffer.appendRow(of: StoreSchema.beginEpoch) { row in
      bind(&row)
      row.bind(found.epoch)
      row.bind(found.sequence)
    }
  }

  private func bind(_ row: inout Row) {
    row.bind(epoch)
    row.bind(sequence)
    row.bind(now)
    row.bind(boot)
  }

  /// The same batch, whatever the times.
  func names(_ other: BatchMarker) -> Bool { epoch == other.epoch && sequence == other.sequence }
}
