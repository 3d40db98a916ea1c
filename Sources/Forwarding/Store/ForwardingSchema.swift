internal import Store

/// The tables of the forwarding. Orders themselves are in the feed of their business.
enum ForwardingSchema {
  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE forwarding_intake (
          business TEXT NOT NULL PRIMARY KEY,
          lanes BIGINT NOT NULL,
          window_us BIGINT NOT NULL,
          batch_size BIGINT NOT NULL,
          layouts BLOB NOT NULL,
          rules_version BIGINT NOT NULL,
          next_unit BIGINT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE forwarding_unit (
          business TEXT NOT NULL,
          unit BIGINT NOT NULL,
          name TEXT NOT NULL,
          created_us BIGINT NOT NULL,
          codes BLOB NOT NULL,
          PRIMARY KEY (business, unit)
        ) WITHOUT ROWID;
        CREATE TABLE forwarding_place (
          business TEXT NOT NULL,
          unit BIGINT NOT NULL,
          block BIGINT NOT NULL,
          places BLOB NOT NULL,
          versions BLOB NOT NULL,
          PRIMARY KEY (business, unit, block)
        ) WITHOUT ROWID;
        """),
    // What each version of the rules changed: the codes of a unit before.
    Migration(
      number: 2,
      sql: """
        CREATE TABLE forwarding_rule_change (
          business TEXT NOT NULL,
          version BIGINT NOT NULL,
          unit BIGINT NOT NULL,
          codes BLOB NOT NULL,
          PRIMARY KEY (business, version)
        ) WITHOUT ROWID;
        """),
    ConsumptionSchema.migration,
    Migration(
      number: 4,
      sql: """
        ALTER TABLE forwarding_intake ADD COLUMN retention_us BIGINT NOT NULL DEFAULT 604800000000;
        """),
    // The goods of orders that had to wait for them, as they were looked up: pairs of versions.
    Migration(
      number: 5,
      sql: """
        CREATE TABLE forwarding_goods (
          business TEXT NOT NULL,
          sequence BIGINT NOT NULL,
          versions BLOB NOT NULL,
          PRIMARY KEY (business, sequence)
        ) WITHOUT ROWID;
        """),
    ConsumptionSchema.bounds,
  ]
}

/// What is written and read of them.
enum ForwardingStatements {
  static let putIntake = Statement(
    """
    INSERT INTO forwarding_intake VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (business) DO UPDATE SET lanes = excluded.lanes, window_us = excluded.window_us,
      batch_size = excluded.batch_size, layouts = excluded.layouts,
      rules_version = excluded.rules_version, next_unit = excluded.next_unit,
      retention_us = excluded.retention_us
    """)
  static let intakes = Statement(
    """
    SELECT business, lanes, window_us, batch_size, layouts, rules_version, next_unit, retention_us
    FROM forwarding_intake
    """)
  static let putUnit = Statement(
    """
    INSERT INTO forwarding_unit VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business, unit) DO UPDATE SET codes = excluded.codes
    """)
  static let units = Statement(
    "SELECT business, unit, name, created_us, codes FROM forwarding_unit")
  static let deleteUnit = Statement(
    "DELETE FROM forwarding_unit WHERE business = $1 AND unit = $2")
  /// Of the unit 0: of the orders themselves.
  static let putPlaces = Statement(
    """
    INSERT INTO forwarding_place VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business, unit, block) DO UPDATE SET places = excluded.places,
      versions = excluded.versions
    """)
  static let places = Statement(
    "SELECT business, unit, block, places, versions FROM forwarding_place")
  static let putRuleChange = Statement(
    "INSERT INTO forwarding_rule_change VALUES ($1, $2, $3, $4)")
  static let ruleChanges = Statement(
    """
    SELECT version, unit, codes FROM forwarding_rule_change
    WHERE business = $1 AND version > $2 ORDER BY version
    """)
  static let deleteRuleChanges = Statement(
    "DELETE FROM forwarding_rule_change WHERE business = $1 AND version <= $2")
  static let intake = Statement(
    "SELECT rules_version FROM forwarding_intake WHERE business = $1")
  static let unitsOfOne = Statement(
    "SELECT unit, name, codes FROM forwarding_unit WHERE business = $1 ORDER BY unit")
  /// A block of the orders and of each unit.
  static let placesOfBlock = Statement(
    """
    SELECT unit, places, versions FROM forwarding_place
    WHERE business = $1 AND unit = $2 AND block = $3
    """)
  static let addGoods = Statement("INSERT INTO forwarding_goods VALUES ($1, $2, $3)")
  static let goods = Statement(
    "SELECT versions FROM forwarding_goods WHERE business = $1 AND sequence = $2")
  static let deleteOldGoods = Statement(
    "DELETE FROM forwarding_goods WHERE business = $1 AND sequence < $2")
  static let deletePlaces = Statement(
    "DELETE FROM forwarding_place WHERE business = $1 AND unit = $2")
  static let deleteOldPlaces = Statement(
    "DELETE FROM forwarding_place WHERE business = $1 AND unit = $2 AND block < $3")
}
