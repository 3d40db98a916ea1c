internal import Store

/// The tables of the order numbers. Times ending in `_us` are of the wall clock, in microseconds;
/// those ending in `boot_us` are of the store's own clock, which leases run on.
///
/// WITHOUT ROWID is SQLite's alone: it makes the key the table, so that a row costs one tree, and
/// keys that count up make every insert an append.
enum NumberSchema {
  static let migrations = [
    Migration(number: 1, sql: pools),
    Migration(number: 2, sql: numbers),
    Migration(number: 3, sql: stops),
    Migration(number: 4, sql: events),
    Migration(number: 5, sql: quotas),
    Migration(number: 6, sql: serials),
    Migration(number: 7, sql: imports),
    Migration(number: 8, sql: changes),
    Migration(number: 9, sql: history),
    Migration(number: 10, sql: runs),
    Migration(number: 11, sql: completedRuns),
  ]

  private static let pools = """
    CREATE TABLE number_pool (
      pool BIGINT NOT NULL PRIMARY KEY,
      business TEXT NOT NULL UNIQUE,
      created_us BIGINT NOT NULL,
      updated_us BIGINT NOT NULL,
      low_watermark BIGINT NOT NULL,
      high_watermark BIGINT NOT NULL,
      generation_batch BIGINT NOT NULL,
      max_age_us BIGINT,
      reuse BIGINT NOT NULL,
      quarantine_us BIGINT NOT NULL,
      lease_mode BIGINT NOT NULL,
      min_lease_us BIGINT NOT NULL,
      max_lease_us BIGINT NOT NULL,
      default_lease_us BIGINT NOT NULL
    );
    CREATE TABLE number_edition (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      template TEXT NOT NULL,
      time_zone TEXT NOT NULL,
      period_kind BIGINT NOT NULL,
      PRIMARY KEY (pool, edition)
    ) WITHOUT ROWID;
    CREATE TABLE number_counter (
      pool BIGINT NOT NULL PRIMARY KEY,
      generated BIGINT NOT NULL,
      allocated BIGINT NOT NULL,
      completed BIGINT NOT NULL,
      released BIGINT NOT NULL,
      expired BIGINT NOT NULL,
      reused BIGINT NOT NULL,
      lapsed BIGINT NOT NULL,
      retired BIGINT NOT NULL,
      next_lease BIGINT NOT NULL,
      last_generated_us BIGINT
    ) WITHOUT ROWID;
    CREATE TABLE number_amount (
      pool BIGINT NOT NULL,
      currency TEXT NOT NULL,
      completed_minor BIGINT NOT NULL,
      PRIMARY KEY (pool, currency)
    ) WITHOUT ROWID;
    CREATE TABLE number_series (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      next_serial BIGINT NOT NULL,
      PRIMARY KEY (pool, edition, period)
    ) WITHOUT ROWID;
    CREATE TABLE number_range (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      first_serial BIGINT NOT NULL,
      next_serial BIGINT NOT NULL,
      last_serial BIGINT NOT NULL,
      generated_us BIGINT NOT NULL,
      lapsed BIGINT NOT NULL,
      PRIMARY KEY (pool, edition, period, first_serial)
    ) WITHOUT ROWID;
    """

  /// A row is of so many numbers that one call handed out: `serial` and those right below it. Its
  /// `event` is that of `serial`.
  private static let runs = """
    ALTER TABLE number_lock ADD COLUMN run_length BIGINT NOT NULL DEFAULT 1;
    """

  /// The same of numbers that were completed together.
  private static let completedRuns = """
    ALTER TABLE number_completed ADD COLUMN run_length BIGINT NOT NULL DEFAULT 1;
    """

  /// What holds a pool's generator (switch 1) or its business (2) stopped; `warning` is empty where
  /// it is the operator.
  private static let stops = """
    CREATE TABLE number_stop (
      pool BIGINT NOT NULL,
      switch BIGINT NOT NULL,
      warning TEXT NOT NULL,
      principal TEXT NOT NULL,
      reason TEXT NOT NULL,
      stopped_us BIGINT NOT NULL,
      PRIMARY KEY (pool, switch, warning)
    ) WITHOUT ROWID;
    """

  /// One of principal and holder is empty.
  private static let quotas = """
    ALTER TABLE number_pool ADD COLUMN holder_quota BIGINT;
    CREATE TABLE number_quota (
      pool BIGINT NOT NULL,
      principal TEXT NOT NULL,
      holder TEXT NOT NULL,
      live_limit BIGINT NOT NULL,
      PRIMARY KEY (pool, principal, holder)
    ) WITHOUT ROWID;
    """

  /// The serial that each period of a template begins with, and the key of the permutation that its
  /// numbers show, if they do.
  private static let serials = """
    ALTER TABLE number_edition ADD COLUMN start_serial BIGINT NOT NULL DEFAULT 1;
    ALTER TABLE number_edition ADD COLUMN key_word0 BIGINT;
    ALTER TABLE number_edition ADD COLUMN key_word1 BIGINT;
    """

  /// Serials below the next one of their series that an import passed over, as runs.
  private static let imports = """
    ALTER TABLE number_counter ADD COLUMN imported BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;
    CREATE TABLE number_skipped (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      first_serial BIGINT NOT NULL,
      last_serial BIGINT NOT NULL,
      skipped_us BIGINT NOT NULL,
      PRIMARY KEY (pool, edition, period, first_serial)
    ) WITHOUT ROWID;
    """

  /// What operators and warnings changed of a pool.
  private static let changes = """
    CREATE TABLE number_change (
      pool BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      kind BIGINT NOT NULL,
      changed_us BIGINT NOT NULL,
      principal TEXT NOT NULL,
      warning TEXT NOT NULL,
      detail TEXT NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (pool, sequence)
    ) WITHOUT ROWID;
    """

  private static let numbers = """
    CREATE TABLE number_lock (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      serial BIGINT NOT NULL,
      generation BIGINT NOT NULL,
      generated_us BIGINT NOT NULL,
      allocated_us BIGINT NOT NULL,
      holder TEXT NOT NULL,
      principal TEXT NOT NULL,
      lease BIGINT NOT NULL,
      lease_ttl_us BIGINT NOT NULL,
      lease_expires_boot_us BIGINT NOT NULL,
      PRIMARY KEY (pool, edition, period, serial)
    ) WITHOUT ROWID;
    CREATE TABLE number_completed (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      serial BIGINT NOT NULL,
      generation BIGINT NOT NULL,
      generated_us BIGINT NOT NULL,
      allocated_us BIGINT NOT NULL,
      completed_us BIGINT NOT NULL,
      holder TEXT NOT NULL,
      principal TEXT NOT NULL,
      lease BIGINT NOT NULL,
      currency TEXT NOT NULL,
      amount_minor BIGINT NOT NULL,
      PRIMARY KEY (pool, edition, period, serial)
    ) WITHOUT ROWID;
    CREATE TABLE number_returned (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      serial BIGINT NOT NULL,
      generation BIGINT NOT NULL,
      generated_us BIGINT NOT NULL,
      allocated_us BIGINT NOT NULL,
      returned_us BIGINT NOT NULL,
      returned_boot_us BIGINT NOT NULL,
      place BIGINT NOT NULL,
      cause BIGINT NOT NULL,
      retired BIGINT NOT NULL,
      holder TEXT NOT NULL,
      principal TEXT NOT NULL,
      lease BIGINT NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (pool, edition, period, serial)
    ) WITHOUT ROWID;
    CREATE TABLE number_lease (
      pool BIGINT NOT NULL,
      lease BIGINT NOT NULL,
      holder TEXT NOT NULL,
      principal TEXT NOT NULL,
      ttl_us BIGINT NOT NULL,
      expires_boot_us BIGINT NOT NULL,
      implicit BIGINT NOT NULL,
      PRIMARY KEY (pool, lease)
    ) WITHOUT ROWID;
    """

  /// Blocks of what became of ended numbers, what a pool had counted when an hour (unit 1) or a day
  /// (unit 2) began, and how many numbers of a series are in which state.
  private static let history = """
    ALTER TABLE number_pool ADD COLUMN history_retention_us BIGINT NOT NULL DEFAULT 604800000000;
    CREATE TABLE number_settled (
      pool BIGINT NOT NULL,
      edition BIGINT NOT NULL,
      period BIGINT NOT NULL,
      block BIGINT NOT NULL,
      states BLOB NOT NULL,
      PRIMARY KEY (pool, edition, period, block)
    ) WITHOUT ROWID;
    CREATE TABLE number_mark (
      pool BIGINT NOT NULL,
      unit BIGINT NOT NULL,
      bucket BIGINT NOT NULL,
      generated BIGINT NOT NULL,
      allocated BIGINT NOT NULL,
      completed BIGINT NOT NULL,
      released BIGINT NOT NULL,
      expired BIGINT NOT NULL,
      reused BIGINT NOT NULL,
      lapsed BIGINT NOT NULL,
      retired BIGINT NOT NULL,
      imported BIGINT NOT NULL,
      PRIMARY KEY (pool, unit, bucket)
    ) WITHOUT ROWID;
    CREATE TABLE number_mark_amount (
      pool BIGINT NOT NULL,
      unit BIGINT NOT NULL,
      bucket BIGINT NOT NULL,
      currency TEXT NOT NULL,
      completed_minor BIGINT NOT NULL,
      PRIMARY KEY (pool, unit, bucket, currency)
    ) WITHOUT ROWID;
    ALTER TABLE number_series ADD COLUMN in_stock BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN live BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;
    UPDATE number_series SET
      in_stock = (SELECT COALESCE(SUM(n.last_serial - n.next_serial + 1), 0) FROM number_range n
        WHERE n.pool = number_series.pool AND n.edition = number_series.edition
        AND n.period = number_series.period AND n.lapsed = 0),
      live = (SELECT COUNT(*) FROM number_lock n WHERE n.pool = number_series.pool
        AND n.edition = number_series.edition AND n.period = number_series.period),
      waiting = (SELECT COUNT(*) FROM number_returned n WHERE n.pool = number_series.pool
        AND n.edition = number_series.edition AND n.period = number_series.period
        AND n.retired = 0);
    """

  /// `event` is the sequence of the last event of the number, the range or the lease in the pool's
  /// feed. What was there before events were kept has 0. The counts of a series are of what is kept
  /// of it.
  private static let events = """
    ALTER TABLE number_range ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_lock ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_completed ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_returned ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_lease ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN completed BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN retired BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE number_series ADD COLUMN lapsed BIGINT NOT NULL DEFAULT 0;
    UPDATE number_series SET
      completed = (SELECT COUNT(*) FROM number_completed n WHERE n.pool = number_series.pool
        AND n.edition = number_series.edition AND n.period = number_series.period),
      retired = (SELECT COUNT(*) FROM number_returned n WHERE n.pool = number_series.pool
        AND n.edition = number_series.edition AND n.period = number_series.period
        AND n.retired = 1),
      lapsed = (SELECT COALESCE(SUM(n.last_serial - n.next_serial + 1), 0) FROM number_range n
        WHERE n.pool = number_series.pool AND n.edition = number_series.edition
        AND n.period = number_series.period AND n.lapsed = 1);
    """
}
