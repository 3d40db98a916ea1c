/// The tables of the request ids, for SQLite: INTEGER PRIMARY KEY makes every insert an append, and
/// WITHOUT ROWID makes the index its own table.
enum RequestSchema {
  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE request (
          sequence INTEGER PRIMARY KEY,
          key_hash BIGINT NOT NULL,
          boot_us BIGINT NOT NULL,
          business TEXT NOT NULL,
          caller TEXT NOT NULL,
          method TEXT NOT NULL,
          request_id TEXT NOT NULL,
          body_hash BLOB NOT NULL,
          answer BLOB NOT NULL
        );
        CREATE TABLE request_index (
          key_hash BIGINT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (key_hash, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE request_progress (
          only_row BIGINT NOT NULL PRIMARY KEY, indexed_through BIGINT NOT NULL
        );
        INSERT INTO request_progress VALUES (1, 0);
        """),
    Migration(
      number: 2,
      sql: "ALTER TABLE request_progress ADD COLUMN forgotten_us BIGINT NOT NULL DEFAULT 0"),
    // From a row a request to a row a batch.
    Migration(
      number: 3,
      sql: """
        CREATE TABLE request_chunk (
          last INTEGER PRIMARY KEY,
          first BIGINT NOT NULL,
          boot_us BIGINT NOT NULL,
          key_hashes BLOB NOT NULL,
          entries BLOB NOT NULL
        );
        """,
      convert: RequestConversion.run),
  ]

  static let addChunk = Statement("INSERT INTO request_chunk VALUES ($1, $2, $3, $4, $5)")
  /// The row that holds a sequence, if any does.
  static let read = Statement(
    "SELECT first, entries FROM request_chunk WHERE last >= $1 ORDER BY last LIMIT 1")
  static let newest = Statement("SELECT coalesce(max(last), 0) FROM request_chunk")
  static let oldest = Statement(
    "SELECT first, last, boot_us, key_hashes, entries FROM request_chunk ORDER BY last LIMIT $1")
  static let after = Statement(
    "SELECT first, last, key_hashes FROM request_chunk WHERE last > $1 ORDER BY last LIMIT $2")
  static let progress = Statement("SELECT indexed_through, forgotten_us FROM request_progress")
  static let setProgress = Statement("UPDATE request_progress SET indexed_through = $1")
  static let setForgotten = Statement("UPDATE request_progress SET forgotten_us = $1")
  static let index = Statement("INSERT INTO request_index VALUES ($1, $2)")
  static let find = Statement("SELECT sequence FROM request_index WHERE key_hash = $1")
  static let prune = Statement("DELETE FROM request_chunk WHERE last <= $1")
  static let pruneIndex = Statement(
    "DELETE FROM request_index WHERE key_hash = $1 AND sequence = $2")

  /// The rows of migration 1, for the conversion.
  static let oldRows = Statement(
    """
    SELECT sequence, key_hash, boot_us, business, caller, method, request_id, body_hash, answer
    FROM request ORDER BY sequence
    """)
}
