internal import Store

/// The tables of the catalog. A `body` is the message of the wire as it was given, without what is computed
/// here. `catalog_item` has the newest versions, `catalog_version` all of them, and never changes.
enum CatalogSchema {
  static let migrations = [
    Migration(number: 1, sql: tables),
    // A good's manufacturer (NULL: put before this migration, so only its body says it), and the version that
    // its manufacturer had when this version of the good came (0: none, or not known).
    Migration(
      number: 2,
      sql: """
        ALTER TABLE catalog_item ADD COLUMN manufacturer TEXT;
        ALTER TABLE catalog_version ADD COLUMN manufacturer_version BIGINT NOT NULL DEFAULT 0;
        """),
  ]

  private static let tables = """
    CREATE TABLE catalog_item (
      business TEXT NOT NULL,
      kind BIGINT NOT NULL,
      number TEXT NOT NULL,
      version BIGINT NOT NULL,
      time_us BIGINT NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (business, kind, number)
    ) WITHOUT ROWID;
    CREATE TABLE catalog_version (
      business TEXT NOT NULL,
      kind BIGINT NOT NULL,
      number TEXT NOT NULL,
      version BIGINT NOT NULL,
      time_us BIGINT NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (business, kind, number, version)
    ) WITHOUT ROWID;
    """
}

/// What is written and read of them.
enum CatalogStatements {
  static let putItem = Statement(
    """
    INSERT INTO catalog_item VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (business, kind, number) DO UPDATE SET version = excluded.version,
      time_us = excluded.time_us, body = excluded.body, manufacturer = excluded.manufacturer
    """)
  static let addVersion = Statement.insert(into: "catalog_version", columns: 7)
  static let newest = Statement(
    """
    SELECT business, kind, number, version, manufacturer,
      CASE WHEN manufacturer IS NULL THEN body END
    FROM catalog_item
    """)
  static let item = Statement(
    """
    SELECT number, version, time_us, body FROM catalog_item
    WHERE business = $1 AND kind = $2 AND number = $3
    """)
  static let version = Statement(
    """
    SELECT number, version, time_us, body, manufacturer_version FROM catalog_version
    WHERE business = $1 AND kind = $2 AND number = $3 AND version = $4
    """)
  static let itemsAfter = Statement(
    """
    SELECT number, version, time_us, body FROM catalog_item
    WHERE business = $1 AND kind = $2 AND number > $3 ORDER BY number LIMIT $4
    """)
}
