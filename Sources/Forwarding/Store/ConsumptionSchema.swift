internal import Store

/// The tables of what units consume. What of it has no row is as it is at first.
enum ConsumptionSchema {
  static let migration = Migration(
    number: 3,
    sql: """
      CREATE TABLE forwarding_consumption (
        business TEXT NOT NULL,
        unit BIGINT NOT NULL,
        ack_deadline_us BIGINT NOT NULL,
        attempts BIGINT NOT NULL,
        policy BIGINT NOT NULL,
        breaker_failures BIGINT NOT NULL,
        paused_us BIGINT NOT NULL,
        pause_reason TEXT NOT NULL,
        pause_principal TEXT NOT NULL,
        PRIMARY KEY (business, unit)
      ) WITHOUT ROWID;
      CREATE TABLE forwarding_failure (
        business TEXT NOT NULL,
        unit BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        failures BIGINT NOT NULL,
        due_us BIGINT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (business, unit, sequence)
      ) WITHOUT ROWID;
      CREATE TABLE forwarding_dead (
        business TEXT NOT NULL,
        unit BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        since_us BIGINT NOT NULL,
        failures BIGINT NOT NULL,
        reason TEXT NOT NULL,
        consumer TEXT NOT NULL,
        PRIMARY KEY (business, unit, sequence)
      ) WITHOUT ROWID;
      CREATE TABLE forwarding_edit (
        business TEXT NOT NULL,
        unit BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        edit BIGINT NOT NULL,
        time_us BIGINT NOT NULL,
        principal TEXT NOT NULL,
        reason TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (business, unit, sequence, edit)
      ) WITHOUT ROWID;
      """)
}

extension ConsumptionSchema {
  /// The bounds of queues.
  static let bounds = Migration(
    number: 6,
    sql: """
      ALTER TABLE forwarding_consumption ADD COLUMN queue_bound BIGINT NOT NULL DEFAULT 100000;
      ALTER TABLE forwarding_consumption ADD COLUMN overflow BIGINT NOT NULL DEFAULT 1;
      """)
}

/// What is written and read of them.
enum ConsumptionStatements {
  static let put = Statement(
    """
    INSERT INTO forwarding_consumption VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (business, unit) DO UPDATE SET ack_deadline_us = excluded.ack_deadline_us,
      attempts = excluded.attempts, policy = excluded.policy,
      breaker_failures = excluded.breaker_failures, paused_us = excluded.paused_us,
      pause_reason = excluded.pause_reason, pause_principal = excluded.pause_principal,
      queue_bound = excluded.queue_bound, overflow = excluded.overflow
    """)
  static let all = Statement(
    """
    SELECT business, unit, ack_deadline_us, attempts, policy, breaker_failures, paused_us,
      pause_reason, pause_principal, queue_bound, overflow
    FROM forwarding_consumption
    """)
  static let putFailure = Statement(
    """
    INSERT INTO forwarding_failure VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (business, unit, sequence) DO UPDATE SET failures = excluded.failures,
      due_us = excluded.due_us, reason = excluded.reason
    """)
  static let deleteFailure = Statement(
    "DELETE FROM forwarding_failure WHERE business = $1 AND unit = $2 AND sequence = $3")
  static let failures = Statement(
    "SELECT business, unit, sequence, failures, due_us, reason FROM forwarding_failure")
  static let putDead = Statement(
    """
    INSERT INTO forwarding_dead VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (business, unit, sequence) DO UPDATE SET since_us = excluded.since_us,
      failures = excluded.failures, reason = excluded.reason, consumer = excluded.consumer
    """)
  static let deleteDead = Statement(
    "DELETE FROM forwarding_dead WHERE business = $1 AND unit = $2 AND sequence = $3")
  static let dead = Statement(
    """
    SELECT sequence, since_us, failures, reason, consumer FROM forwarding_dead
    WHERE business = $1 AND unit = $2 AND sequence >= $3 AND sequence <= $4
    ORDER BY sequence
    """)
  static let putEdit = Statement(
    "INSERT INTO forwarding_edit VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
  static let editCounts = Statement(
    """
    SELECT business, unit, sequence, max(edit) FROM forwarding_edit
    GROUP BY business, unit, sequence
    """)
  static let edits = Statement(
    """
    SELECT edit, time_us, principal, reason, body FROM forwarding_edit
    WHERE business = $1 AND unit = $2 AND sequence = $3
    ORDER BY edit
    """)
  /// All that is a unit's own.
  static let deleteAll = [
    "forwarding_consumption", "forwarding_failure", "forwarding_dead", "forwarding_edit",
  ].map { Statement("DELETE FROM \($0) WHERE business = $1 AND unit = $2") }
}
