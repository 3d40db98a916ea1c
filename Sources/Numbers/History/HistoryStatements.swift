internal import Store

/// What is written and read of the past.
enum HistoryStatements {
  static let insertMark = Statement(
    "INSERT INTO number_mark VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
  static let insertMarkAmount = Statement(
    "INSERT INTO number_mark_amount VALUES ($1, $2, $3, $4, $5)")
  static let deleteMarks = Statement(
    "DELETE FROM number_mark WHERE pool = $1 AND unit = $2 AND bucket < $3")
  static let deleteMarkAmounts = Statement(
    "DELETE FROM number_mark_amount WHERE pool = $1 AND unit = $2 AND bucket < $3")

  static let oldestMark = Statement(
    "SELECT MIN(bucket) FROM number_mark WHERE pool = $1 AND unit = $2")
  static let marks = Statement(
    """
    SELECT bucket, generated, allocated, completed, released, expired, reused, lapsed, retired,
      imported
    FROM number_mark WHERE pool = $1 AND unit = $2 AND bucket >= $3 ORDER BY bucket LIMIT $4
    """)
  static let markAmounts = Statement(
    """
    SELECT bucket, currency, completed_minor FROM number_mark_amount
    WHERE pool = $1 AND unit = $2 AND bucket >= $3 AND bucket <= $4
    """)
  static let counter = Statement(
    """
    SELECT 0, generated, allocated, completed, released, expired, reused, lapsed, retired,
      imported
    FROM number_counter WHERE pool = $1
    """)
  static let amounts = Statement(
    "SELECT currency, completed_minor FROM number_amount WHERE pool = $1")

  // What became of one number.

  /// The lock, and the completed run below, are of a serial if they are the first that end with it or
  /// behind it and reach to it.
  static let lock = Statement(
    """
    SELECT generated_us, n.event, COALESCE(l.event, 0), serial, run_length
    FROM number_lock n LEFT JOIN number_lease l ON l.pool = n.pool AND l.lease = n.lease
    WHERE n.pool = $1 AND edition = $2 AND period = $3 AND serial >= $4 ORDER BY serial LIMIT 1
    """)
  static let completed = Statement(
    """
    SELECT generated_us, event, serial, run_length FROM number_completed
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial >= $4 ORDER BY serial LIMIT 1
    """)
  static let returned = Statement(
    """
    SELECT generated_us, event, cause, retired FROM number_returned
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  /// The range in which a serial was made, if it is the last that begins before it.
  static let range = Statement(
    """
    SELECT generated_us, event, lapsed, next_serial, last_serial FROM number_range
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial <= $4
    ORDER BY first_serial DESC LIMIT 1
    """)
  static let settled = Statement(
    """
    SELECT states FROM number_settled
    WHERE pool = $1 AND edition = $2 AND period = $3 AND block = $4
    """)
  static let putSettled = Statement(
    """
    INSERT INTO number_settled VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (pool, edition, period, block) DO UPDATE SET states = excluded.states
    """)

  // What became of the serials of a series, from one on: first, last, and what tells the state.

  static let series = Statement(
    """
    SELECT next_serial, in_stock, live, waiting, completed, retired, lapsed, skipped
    FROM number_series WHERE pool = $1 AND edition = $2 AND period = $3
    """)
  static let ranges = Statement(
    """
    SELECT next_serial, last_serial, lapsed, 0 FROM number_range
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial >= $4
    ORDER BY first_serial LIMIT $5
    """)
  static let rangeBefore = Statement(
    """
    SELECT next_serial, last_serial, lapsed, 0 FROM number_range
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial < $4
    ORDER BY first_serial DESC LIMIT $5
    """)
  static let skipped = Statement(
    """
    SELECT first_serial, last_serial, 0, 0 FROM number_skipped
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial >= $4
    ORDER BY first_serial LIMIT $5
    """)
  static let skippedBefore = Statement(
    """
    SELECT first_serial, last_serial, 0, 0 FROM number_skipped
    WHERE pool = $1 AND edition = $2 AND period = $3 AND first_serial < $4
    ORDER BY first_serial DESC LIMIT $5
    """)
  static let locks = Statement(
    """
    SELECT serial - run_length + 1, serial, 0, 0 FROM number_lock
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial >= $4 ORDER BY serial LIMIT $5
    """)
  static let completions = Statement(
    """
    SELECT serial - run_length + 1, serial, 0, 0 FROM number_completed
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial >= $4 ORDER BY serial LIMIT $5
    """)
  static let returns = Statement(
    """
    SELECT serial, serial, cause, retired FROM number_returned
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial >= $4 ORDER BY serial LIMIT $5
    """)
  static let blocks = Statement(
    """
    SELECT block, states FROM number_settled
    WHERE pool = $1 AND edition = $2 AND period = $3 AND block >= $4 ORDER BY block LIMIT $5
    """)

  // What is kept no longer.

  static let oldCompleted = Statement(
    """
    SELECT pool, edition, period, serial, completed_us, 1, 0, (
      SELECT history_retention_us FROM number_pool p WHERE p.pool = number_completed.pool),
      run_length
    FROM number_completed WHERE (pool, edition, period, serial) > ($1, $2, $3, $4)
    ORDER BY pool, edition, period, serial LIMIT $5
    """)
  static let deleteCompleted = Statement(
    """
    DELETE FROM number_completed
    WHERE pool = $1 AND edition = $2 AND period = $3 AND serial = $4
    """)
  static let oldReturned = Statement(
    """
    SELECT pool, edition, period, serial, returned_us, retired, cause, (
      SELECT history_retention_us FROM number_pool p WHERE p.pool = number_returned.pool), 1
    FROM number_returned WHERE (pool, edition, period, serial) > ($1, $2, $3, $4)
    ORDER BY pool, edition, period, serial LIMIT $5
    """)
}
