internal import Store

/// The tables of the warnings. A `body` is the message of the wire as it stands; what is beside it is
/// what is asked for or goes on by itself. Times ending in `_us` are of the wall clock, those ending in
/// `boot_us` of the clock that nobody sets.
enum WarningSchema {
  static let migrations = [
    Migration(number: 1, sql: tables), Migration(number: 2, sql: forgottenRules),
  ]

  /// One row, with `id` 0; and how deleted rules are found by their version.
  private static let forgottenRules = """
    CREATE TABLE warning_forgotten_rule (
      id BIGINT NOT NULL PRIMARY KEY,
      version BIGINT NOT NULL
    );
    CREATE INDEX warning_rule_deleted ON warning_rule (version) WHERE deleted = 1;
    """

  private static let tables = """
    CREATE TABLE warning_rule (
      business TEXT NOT NULL,
      name TEXT NOT NULL,
      version BIGINT NOT NULL,
      deleted BIGINT NOT NULL,
      phase BIGINT NOT NULL,
      phase_boot_us BIGINT NOT NULL,
      listening_boot_us BIGINT NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (business, name)
    ) WITHOUT ROWID;
    CREATE TABLE warning_preset (
      business TEXT NOT NULL,
      name TEXT NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (business, name)
    ) WITHOUT ROWID;
    CREATE TABLE warning_latest (
      business TEXT NOT NULL,
      kind BIGINT NOT NULL,
      source TEXT NOT NULL,
      time_us BIGINT NOT NULL,
      heard_boot_us BIGINT NOT NULL,
      value_bits BIGINT NOT NULL,
      PRIMARY KEY (business, kind, source)
    ) WITHOUT ROWID;
    CREATE TABLE warning_signal (
      business TEXT NOT NULL,
      kind BIGINT NOT NULL,
      source TEXT NOT NULL,
      time_us BIGINT NOT NULL,
      value_bits BIGINT NOT NULL,
      PRIMARY KEY (business, kind, source, time_us)
    ) WITHOUT ROWID;
    CREATE TABLE warning (
      id BIGINT NOT NULL PRIMARY KEY,
      business TEXT NOT NULL,
      rule TEXT NOT NULL,
      kind BIGINT NOT NULL,
      severity BIGINT NOT NULL,
      cleared_us BIGINT,
      body BLOB NOT NULL
    );
    CREATE INDEX warning_open ON warning (id) WHERE cleared_us IS NULL;
    CREATE TABLE warning_instruction (
      id BIGINT NOT NULL PRIMARY KEY,
      business TEXT NOT NULL,
      warning BIGINT NOT NULL,
      role BIGINT NOT NULL,
      attendant TEXT NOT NULL,
      phase BIGINT NOT NULL,
      attempt BIGINT NOT NULL,
      pause_us BIGINT NOT NULL,
      repeat_boot_us BIGINT NOT NULL,
      escalation_boot_us BIGINT,
      expiry_boot_us BIGINT NOT NULL,
      escalate_role BIGINT NOT NULL,
      escalate_to TEXT NOT NULL,
      ended_us BIGINT,
      body BLOB NOT NULL
    );
    CREATE INDEX warning_instruction_open ON warning_instruction (id) WHERE ended_us IS NULL;
    CREATE TABLE warning_demand (
      business TEXT NOT NULL PRIMARY KEY,
      body BLOB NOT NULL
    ) WITHOUT ROWID;
    """
}

/// What is written and read of them.
enum WarningStatements {
  static let putRule = Statement(
    """
    INSERT INTO warning_rule VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (business, name) DO UPDATE SET version = excluded.version,
      deleted = excluded.deleted, phase = excluded.phase, phase_boot_us = excluded.phase_boot_us,
      listening_boot_us = excluded.listening_boot_us, body = excluded.body
    """)
  static let putPhase = Statement(
    """
    UPDATE warning_rule SET phase = $3, phase_boot_us = $4 WHERE business = $1 AND name = $2
    """)
  static let rules = Statement(
    """
    SELECT business, name, phase, phase_boot_us, listening_boot_us, body
    FROM warning_rule WHERE deleted = 0
    """)
  static let deletedRules = Statement(
    """
    SELECT business, name, version FROM warning_rule WHERE deleted = 1 ORDER BY version DESC LIMIT $1
    """)
  static let forgetDeletedRules = Statement(
    "DELETE FROM warning_rule WHERE deleted = 1 AND version <= $1")
  static let putForgottenVersion = Statement(
    """
    INSERT INTO warning_forgotten_rule VALUES (0, $1)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version
    """)
  static let forgottenVersion = Statement("SELECT version FROM warning_forgotten_rule")
  static let putPreset = Statement(
    """
    INSERT INTO warning_preset VALUES ($1, $2, $3)
    ON CONFLICT (business, name) DO UPDATE SET body = excluded.body
    """)
  static let deletePreset = Statement(
    "DELETE FROM warning_preset WHERE business = $1 AND name = $2")
  static let presets = Statement("SELECT business, name, body FROM warning_preset")
  static let putLatest = Statement(
    """
    INSERT INTO warning_latest VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (business, kind, source) DO UPDATE SET time_us = excluded.time_us,
      heard_boot_us = excluded.heard_boot_us, value_bits = excluded.value_bits
    """)
  static let latest = Statement(
    "SELECT business, kind, source, time_us, heard_boot_us, value_bits FROM warning_latest")
  static let putSignal = Statement(
    """
    INSERT INTO warning_signal VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (business, kind, source, time_us) DO UPDATE SET value_bits = excluded.value_bits
    """)
  /// Of every source where `$3` is empty.
  static let signals = Statement(
    """
    SELECT time_us, value_bits FROM warning_signal
    WHERE business = $1 AND kind = $2 AND ($3 = '' OR source = $3) AND time_us >= $4
    ORDER BY time_us LIMIT $5
    """)
  static let oldSignals = Statement(
    """
    SELECT business, kind, source, time_us FROM warning_signal
    WHERE (business, kind, source, time_us) > ($1, $2, $3, $4)
    ORDER BY business, kind, source, time_us LIMIT $5
    """)
  static let deleteSignal = Statement(
    """
    DELETE FROM warning_signal
    WHERE business = $1 AND kind = $2 AND source = $3 AND time_us = $4
    """)

  static let putWarning = Statement(
    """
    INSERT INTO warning VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id) DO UPDATE SET cleared_us = excluded.cleared_us, body = excluded.body
    """)
  static let openWarnings = Statement("SELECT body FROM warning WHERE cleared_us IS NULL")
  static let newestWarning = Statement("SELECT id FROM warning ORDER BY id DESC LIMIT 1")
  static let warning = Statement("SELECT body FROM warning WHERE id = $1")
  static let openWarningsBelow = Statement(
    """
    SELECT id, business, kind, severity, body FROM warning
    WHERE cleared_us IS NULL AND id < $1 ORDER BY id DESC LIMIT $2
    """)
  static let warningsBelow = Statement(
    """
    SELECT id, business, kind, severity, body FROM warning WHERE id < $1 ORDER BY id DESC LIMIT $2
    """)
  static let oldWarnings = Statement(
    "SELECT id, cleared_us FROM warning WHERE id > $1 ORDER BY id LIMIT $2")
  static let deleteWarning = Statement("DELETE FROM warning WHERE id = $1")

  static let putInstruction = Statement(
    """
    INSERT INTO warning_instruction
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, attempt = excluded.attempt,
      pause_us = excluded.pause_us, repeat_boot_us = excluded.repeat_boot_us,
      escalation_boot_us = excluded.escalation_boot_us, ended_us = excluded.ended_us,
      body = excluded.body
    """)
  static let openInstructions = Statement(
    """
    SELECT phase, attempt, pause_us, repeat_boot_us, escalation_boot_us, expiry_boot_us,
      escalate_role, escalate_to, body
    FROM warning_instruction WHERE ended_us IS NULL ORDER BY id
    """)
  static let newestInstruction = Statement(
    "SELECT id FROM warning_instruction ORDER BY id DESC LIMIT 1")
  static let instruction = Statement("SELECT body FROM warning_instruction WHERE id = $1")
  static let openInstructionsBelow = Statement(
    """
    SELECT id, business, role, attendant, warning, body FROM warning_instruction
    WHERE ended_us IS NULL AND id < $1 ORDER BY id DESC LIMIT $2
    """)
  static let instructionsBelow = Statement(
    """
    SELECT id, business, role, attendant, warning, body FROM warning_instruction
    WHERE id < $1 ORDER BY id DESC LIMIT $2
    """)
  static let oldInstructions = Statement(
    "SELECT id, ended_us FROM warning_instruction WHERE id > $1 ORDER BY id LIMIT $2")
  static let deleteInstruction = Statement("DELETE FROM warning_instruction WHERE id = $1")

  static let putDemand = Statement(
    """
    INSERT INTO warning_demand VALUES ($1, $2)
    ON CONFLICT (business) DO UPDATE SET body = excluded.body
    """)
  static let demand = Statement("SELECT business, body FROM warning_demand")
}
