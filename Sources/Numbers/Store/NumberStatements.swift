internal import Store

/// What is written and read of the order numbers' tables.
enum NumberStatements {
  static let insertPool = Statement(
    """
    INSERT INTO number_pool VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
      $15, $16)
    """)
  static let updatePool = Statement(
    """
    UPDATE number_pool SET updated_us = $2, low_watermark = $3, high_watermark = $4,
      generation_batch = $5, max_age_us = $6, reuse = $7, quarantine_us = $8, lease_mode = $9,
      min_lease_us = $10, max_lease_us = $11, default_lease_us = $12, holder_quota = $13,
      history_retention_us = $14
    WHERE pool = $1
    """)
  static let insertEdition = Statement(
    "INSERT INTO number_edition VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
  static let insertStop = Statement("INSERT INTO number_stop VALUES ($1, $2, $3, $4, $5, $6)")
  static let deleteStop = Statement(
    "DELETE FROM number_stop WHERE pool = $1 AND switch = $2 AND warning = $3")
  static let insertChange = Statement(
    "INSERT INTO number_change VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
  static let deleteChange = Statement(
    "DELETE FROM number_change WHERE pool = $1 AND sequence = $2")
  static let changes = Statement(
    """
    SELECT sequence, kind, changed_us, principal, warning, detail, reason FROM number_change
    WHERE pool = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3
    """)
  static let putQuota = Statement(
    """
    INSERT INTO number_quota VALUES ($1, $2, $3, $4)
    ON CONFLICT (pool, principal, holder) DO UPDATE SET live_limit = excluded.live_limit
    """)
  static let deleteQuota = Statement(
    "DELETE FROM number_quota WHERE pool = $1 AND principal = $2 AND holder = $3")
  static let putCounter = Statement(
    """
    INSERT INTO number_counter VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (pool) DO UPDATE SET generated = excluded.generated,
      allocated = excluded.allocated, completed = excluded.completed,
      released = excluded.released, expired = excluded.expired, reused = excluded.reused,
      lapsed = excluded.lapsed, retired = excluded.retired, next_lease = excluded.next_lease,
      last_generated_us = excluded.last_generated_us, imported = excluded.imported
    """)
  static let putAmount = Statement(
    """
    INSERT INTO number_amount VALUES ($1, $2, $3)
    ON CONFLICT (pool, currency) DO UPDATE SET completed_minor = excluded.completed_minor
    """)
  static let putSeries = Statement(
    """
    INSERT INTO number_series VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (pool, edition, period) DO UPDATE SET next_serial = excluded.next_serial,
      completed = excluded.completed, retired = excluded.retired, lapsed = excluded.lapsed,
      skipped = excluded.skipped, in_stock = excluded.in_stock, live = excluded.live,
      waiting = excluded.waiting
    """)
  static let findSeries = Statement(
    """
    SELECT next_serial, completed, retired, lapsed, skipped FROM number_series
    WHERE pool = $1 AND edition = $2 AND period = $3
    """)
  static let insertSkipped = Statement(
    "INSERT INTO number_skipped VALUES ($1, $2, $3, $4, $5, $6)")
  static let deleteSkipped = Statement(
    """
    DELETE FROM number_skipped
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial = $4
    """)
  static let findSkipped = Statement(
    """
    SELECT first_serial, last_serial, skipped_us FROM number_skipped
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial <= $4
    ORDER BY first_serial DESC LIMIT 1
    """)
  static let insertRange = Statement(
    "INSERT INTO number_range VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)")
  static let advanceRange = Statement(
    """
    UPDATE number_range SET next_serial = $5
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial = $4
    """)
  static let lapseRange = Statement(
    """
    UPDATE number_range SET next_serial = $5, lapsed = 1, event = $6
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial = $4
    """)
  static let deleteRange = Statement(
    """
    DELETE FROM number_range
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial = $4
    """)

  static let insertLock = Statement.insert(into: "number_lock", columns: 14)
  static let shortenLock = Statement(
    """
    UPDATE number_lock SET run_length = $5
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let deleteLock = Statement(
    """
    DELETE FROM number_lock WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let insertCompleted = Statement.insert(
    into: "number_completed", columns: 15, isApart: true)
  /// The run that a serial is of, if it is the first that ends with it or behind it.
  static let findCompleted = Statement(
    """
    SELECT generation, generated_us, allocated_us, completed_us, holder, principal, lease,
      currency, amount_minor, event, serial, run_length
    FROM number_completed WHERE pool = $1 AND edition = $2 AND period = $3 AND serial >= $4
    ORDER BY serial LIMIT 1
    """)
  static let insertReturned = Statement.insert(into: "number_returned", columns: 17)
  static let findReturned = Statement(
    """
    SELECT generation, generated_us, allocated_us, returned_us, holder, principal, lease, cause,
      retired, reason, event
    FROM number_returned WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let retireReturned = Statement(
    """
    UPDATE number_returned SET retired = 1, event = $5
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let deleteReturned = Statement(
    """
    DELETE FROM number_returned
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let putLease = Statement(
    """
    INSERT INTO number_lease VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (pool, lease) DO UPDATE SET expires_boot_us = excluded.expires_boot_us,
      event = excluded.event
    """)
  static let deleteLease = Statement("DELETE FROM number_lease WHERE pool = $1 AND lease = $2")

  // Loading.

  static let pools = Statement(
    """
    SELECT p.pool, business, created_us, updated_us, low_watermark, high_watermark,
      generation_batch, max_age_us, reuse, quarantine_us, lease_mode, min_lease_us, max_lease_us,
      default_lease_us, generated, allocated, completed, released, expired, reused, lapsed,
      retired, next_lease, last_generated_us, holder_quota, imported,
      history_retention_us,
      (SELECT MAX(bucket) FROM number_mark m WHERE m.pool = p.pool AND unit = 1),
      (SELECT MAX(bucket) FROM number_mark m WHERE m.pool = p.pool AND unit = 2)
    FROM number_pool p JOIN number_counter c ON c.pool = p.pool ORDER BY p.pool
    """)
  static let editions = Statement(
    """
    SELECT pool, edition, template, time_zone, period_kind, start_serial, key_word0, key_word1
    FROM number_edition ORDER BY pool, edition
    """)
  static let stops = Statement(
    "SELECT pool, switch, warning, principal, reason, stopped_us FROM number_stop")
  static let lastChanges = Statement(
    "SELECT pool, MAX(sequence) FROM number_change GROUP BY pool")
  static let quotas = Statement("SELECT pool, principal, holder, live_limit FROM number_quota")
  static let amounts = Statement("SELECT pool, currency, completed_minor FROM number_amount")
  static let series = Statement(
    """
    SELECT pool, edition, period, next_serial, completed, retired, lapsed, skipped
    FROM number_series
    """)
  static let ranges = Statement(
    """
    SELECT pool, edition, period, first_serial, next_serial, last_serial, generated_us, event
    FROM number_range WHERE lapsed = 0 ORDER BY pool, generated_us, edition, period, first_serial
    """)
  static let leases = Statement(
    """
    SELECT pool, lease, holder, principal, ttl_us, expires_boot_us, implicit, event
    FROM number_lease
    """)
  static let locks = Statement(
    """
    SELECT pool, edition, period, serial, generation, generated_us, allocated_us, holder,
      principal, lease, lease_ttl_us, lease_expires_boot_us, event, run_length
    FROM number_lock
    """)
  static let returned = Statement(
    """
    SELECT pool, edition, period, serial, generation, generated_us, returned_boot_us,
      place, event
    FROM number_returned WHERE retired = 0 ORDER BY pool, place
    """)
}
