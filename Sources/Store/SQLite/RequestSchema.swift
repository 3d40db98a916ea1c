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
  ]

  static let add = Statement.insert(into: "request", columns: 9, isApart: true)
  static let read = Statement(
    """
    SELECT business, caller, method, request_id, body_hash, answer FROM request
    WHERE sequence = $1
    """)
  static let newest = Statement("SELECT coalesce(max(sequence), 0) FROM request")
  static let oldest = Statement(
    "SELECT sequence, key_hash, boot_us, request_id FROM request ORDER BY sequence LIMIT $1")
  static let after = Statement(
    "SELECT sequence, key_hash FROM request WHERE sequence > $1 ORDER BY sequence LIMIT $2")
  static let progress = Statement("SELECT indexed_through, forgotten_us FROM request_progress")
  static let setProgress = Statement("UPDATE request_progress SET indexed_through = $1")
  static let setForgotten = Statement("UPDATE request_progress SET forgotten_us = $1")
  static let index = Statement("INSERT INTO request_index VALUES ($1, $2)")
  static let find = Statement("SELECT sequence FROM request_index WHERE key_hash = $1")
  static let prune = Statement("DELETE FROM request WHERE sequence <= $1")
  static let pruneIndex = Statement(
    "DELETE FROM request_index WHERE key_hash = $1 AND sequence = $2")
}
