/// Brings a database to the newest version: every missing step of every capability, in one
/// transaction, so that a crash leaves the old version whole.
struct Migrator {
  private static let applied = Statement(
    "SELECT capability, number, checksum FROM migration ORDER BY capability, number")
  private static let record = Statement("INSERT INTO migration VALUES ($1, $2, $3)")

  let connection: SQLiteConnection

  /// `capabilities` in the order of their making: later ones may refer to earlier ones' tables.
  func migrate(_ capabilities: [(name: String, migrations: [Migration])]) throws(StoreError) {
    do throws(SQLiteFailure) {
      try connection.run("BEGIN IMMEDIATE")
      try connection.run(
        """
        CREATE TABLE IF NOT EXISTS migration (
          capability TEXT NOT NULL, number BIGINT NOT NULL, checksum BIGINT NOT NULL,
          PRIMARY KEY (capability, number))
        """)
    } catch {
      throw error.error
    }
    do throws(StoreError) {
      let versions = try versions(capabilities)
      for (name, migrations) in capabilities {
        for (index, migration) in migrations.enumerated() {
          precondition(migration.number == index + 1, "migrations of \(name) have a gap")
          if migration.number > versions[name] ?? 0 { try apply(migration, of: name) }
        }
      }
    } catch {
      try? connection.run("ROLLBACK")
      throw error
    }
    do throws(SQLiteFailure) { try connection.run("COMMIT") } catch { throw error.error }
  }

  /// The version of each capability; every step that was applied must be one we know, unchanged.
  private func versions(
    _ capabilities: [(name: String, migrations: [Migration])]
  ) throws(StoreError) -> [String: Int] {
    let known = Dictionary(
      capabilities.map { ($0.name, $0.migrations) }, uniquingKeysWith: { first, _ in first })
    var versions: [String: Int] = [:]
    var changed: (name: String, number: Int)?
    try ReadConnection(connection).query(Self.applied) { row in
      let name = row.text(0)
      let number = Int(row.integer(1))
      versions[name] = number
      guard let migrations = known[name], migrations.indices.contains(number - 1) else { return }
      if migrations[number - 1].checksum != row.integer(2) { changed = (name, number) }
    }
    for (name, found) in versions.sorted(by: { $0.key < $1.key }) {
      let newest = known[name]?.count ?? 0
      if found > newest { throw .newerVersion(capability: name, found: found, known: newest) }
    }
    if let (name, number) = changed {
      throw .statement("migration \(number) of \(name) isn't the one that was applied")
    }
    return versions
  }

  private func apply(_ migration: Migration, of name: String) throws(StoreError) {
    let buffer = RowBuffer(capacity: 256)
    buffer.appendRow(of: Self.record) { row in
      row.bind(name)
      row.bind(migration.number)
      row.bind(migration.checksum)
    }
    do throws(SQLiteFailure) {
      try connection.run(migration.sql)
      try connection.execute(buffer)
    } catch {
      throw error.error
    }
    try migration.convert?(connection)
  }
}
