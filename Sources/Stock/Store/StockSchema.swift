internal import Store

/// The tables of the stock. Times ending in `_us` are of the wall clock.
///
/// Entries lie by good and time, each with the good's figures behind it: so the figures at any time are one
/// look, and an explanation is one range. Nothing in `stock_entry`, `stock_movement`, `stock_mark` and
/// `stock_policy` is ever changed; the other tables follow from them.
enum StockSchema {
  static let migrations = [Migration(number: 1, sql: tables)]

  private static let tables = """
    CREATE TABLE stock_ledger (
      business TEXT NOT NULL PRIMARY KEY,
      sequence BIGINT NOT NULL,
      policies_version BIGINT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE stock_seal (
      seal BIGINT NOT NULL PRIMARY KEY,
      end_us BIGINT NOT NULL
    );
    CREATE TABLE stock_entry (
      business TEXT NOT NULL,
      good TEXT NOT NULL,
      time_us BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      kind BIGINT NOT NULL,
      quantity BIGINT NOT NULL,
      reference TEXT NOT NULL,
      id TEXT NOT NULL,
      principal TEXT NOT NULL,
      on_hand_change BIGINT NOT NULL,
      in_transit_change BIGINT NOT NULL,
      reserved_change BIGINT NOT NULL,
      shipped_change BIGINT NOT NULL,
      on_hand BIGINT NOT NULL,
      in_transit BIGINT NOT NULL,
      reserved BIGINT NOT NULL,
      shipped BIGINT NOT NULL,
      PRIMARY KEY (business, good, time_us, sequence)
    ) WITHOUT ROWID;
    CREATE TABLE stock_movement (
      business TEXT NOT NULL,
      id TEXT NOT NULL,
      sequence BIGINT NOT NULL,
      good TEXT NOT NULL,
      kind BIGINT NOT NULL,
      quantity BIGINT NOT NULL,
      reference TEXT NOT NULL,
      PRIMARY KEY (business, id)
    ) WITHOUT ROWID;
    CREATE TABLE stock_mark (
      business TEXT NOT NULL,
      time_us BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      PRIMARY KEY (business, time_us)
    ) WITHOUT ROWID;
    CREATE TABLE stock_good (
      business TEXT NOT NULL,
      good TEXT NOT NULL,
      sequence BIGINT NOT NULL,
      on_hand BIGINT NOT NULL,
      in_transit BIGINT NOT NULL,
      reserved BIGINT NOT NULL,
      shipped BIGINT NOT NULL,
      PRIMARY KEY (business, good)
    ) WITHOUT ROWID;
    CREATE TABLE stock_open (
      business TEXT NOT NULL,
      good TEXT NOT NULL,
      kind BIGINT NOT NULL,
      reference TEXT NOT NULL,
      quantity BIGINT NOT NULL,
      PRIMARY KEY (business, good, kind, reference)
    ) WITHOUT ROWID;
    CREATE TABLE stock_policies (
      business TEXT NOT NULL,
      time_us BIGINT NOT NULL,
      version BIGINT NOT NULL,
      PRIMARY KEY (business, time_us, version)
    ) WITHOUT ROWID;
    CREATE TABLE stock_policy (
      business TEXT NOT NULL,
      good TEXT NOT NULL,
      version BIGINT NOT NULL,
      deleted BIGINT NOT NULL,
      reorder_point BIGINT NOT NULL,
      target BIGINT NOT NULL,
      pack_size BIGINT NOT NULL,
      lead_seconds BIGINT NOT NULL,
      PRIMARY KEY (business, good, version)
    ) WITHOUT ROWID;
    """
}

/// What is written and read of them.
enum StockStatements {
  static let putLedger = Statement(
    """
    INSERT INTO stock_ledger VALUES ($1, $2, $3)
    ON CONFLICT (business) DO UPDATE SET sequence = excluded.sequence,
      policies_version = excluded.policies_version
    """)
  static let ledgers = Statement("SELECT business, sequence, policies_version FROM stock_ledger")
  static let putSeal = Statement(
    """
    INSERT INTO stock_seal VALUES (0, $1) ON CONFLICT (seal) DO UPDATE SET end_us = excluded.end_us
    """)
  static let seal = Statement("SELECT end_us FROM stock_seal WHERE seal = 0")

  static let addEntry = Statement.insert(into: "stock_entry", columns: 17)
  /// The newest entry of a good before a time.
  static let entryBefore = Statement(
    """
    SELECT time_us, sequence, on_hand, in_transit, reserved, shipped FROM stock_entry
    WHERE business = $1 AND good = $2 AND time_us < $3
    ORDER BY time_us DESC, sequence DESC LIMIT 1
    """)
  /// Entries of a good before one of them, not before a time, the newest first.
  static let entriesBefore = Statement(
    """
    SELECT time_us, sequence, kind, quantity, reference, id, principal,
      on_hand_change, in_transit_change, reserved_change, shipped_change,
      on_hand, in_transit, reserved, shipped
    FROM stock_entry
    WHERE business = $1 AND good = $2 AND time_us >= $3 AND (time_us, sequence) < ($4, $5)
    ORDER BY time_us DESC, sequence DESC LIMIT $6
    """)

  static let addMovement = Statement.insert(into: "stock_movement", columns: 7)
  static let movement = Statement(
    """
    SELECT sequence, good, kind, quantity, reference FROM stock_movement
    WHERE business = $1 AND id = $2
    """)

  static let putMark = Statement(
    """
    INSERT INTO stock_mark VALUES ($1, $2, $3)
    ON CONFLICT (business, time_us) DO UPDATE SET sequence = excluded.sequence
    """)
  static let markBefore = Statement(
    """
    SELECT sequence FROM stock_mark WHERE business = $1 AND time_us < $2
    ORDER BY time_us DESC LIMIT 1
    """)

  static let putGood = Statement(
    """
    INSERT INTO stock_good VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (business, good) DO UPDATE SET sequence = excluded.sequence,
      on_hand = excluded.on_hand, in_transit = excluded.in_transit,
      reserved = excluded.reserved, shipped = excluded.shipped
    """)
  static let goods = Statement(
    "SELECT business, good, sequence, on_hand, in_transit, reserved, shipped FROM stock_good")
  static let good = Statement(
    """
    SELECT good, sequence, on_hand, in_transit, reserved, shipped FROM stock_good
    WHERE business = $1 AND good = $2
    """)
  static let goodsAfter = Statement(
    """
    SELECT good, sequence, on_hand, in_transit, reserved, shipped FROM stock_good
    WHERE business = $1 AND good > $2 ORDER BY good LIMIT $3
    """)

  static let putOpen = Statement(
    """
    INSERT INTO stock_open VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business, good, kind, reference) DO UPDATE SET quantity = excluded.quantity
    """)
  static let deleteOpen = Statement(
    """
    DELETE FROM stock_open WHERE business = $1 AND good = $2 AND kind = $3 AND reference = $4
    """)
  static let open = Statement("SELECT business, good, kind, reference, quantity FROM stock_open")
  static let openAfter = Statement(
    """
    SELECT reference, quantity FROM stock_open
    WHERE business = $1 AND good = $2 AND kind = $3 AND reference > $4 ORDER BY reference LIMIT $5
    """)

  static let addPolicies = Statement("INSERT INTO stock_policies VALUES ($1, $2, $3)")
  static let policiesBefore = Statement(
    """
    SELECT version FROM stock_policies WHERE business = $1 AND time_us < $2
    ORDER BY time_us DESC, version DESC LIMIT 1
    """)
  static let addPolicy = Statement.insert(into: "stock_policy", columns: 8)
  static let policies = Statement(
    """
    SELECT business, good, version, deleted, reorder_point, target, pack_size, lead_seconds
    FROM stock_policy ORDER BY business, good, version
    """)
  /// The policy of a good in a version of the policies.
  static let policyAt = Statement(
    """
    SELECT version, deleted, reorder_point, target, pack_size, lead_seconds FROM stock_policy
    WHERE business = $1 AND good = $2 AND version <= $3 ORDER BY version DESC LIMIT 1
    """)
}
