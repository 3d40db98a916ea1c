import Glibc
import Store
import StoreFaults
import Testing

/// What a person meets who starts the server on the wrong file, and what becomes of the file.
@Suite struct OpeningTests {
  let folder = TemporaryFolder()

  @discardableResult
  func open(_ states: [any WriterState.Type] = [Ledger.self]) throws(StoreError) -> DurableStore {
    try DurableStore.open(StoreConfiguration(path: folder.database), states: states)
  }

  func overwrite(_ path: String, from offset: Int, with bytes: [UInt8]) {
    let file = Glibc.open(path, O_WRONLY | O_CREAT, 0o600)
    _ = pwrite(file, bytes, bytes.count, offset)
    Glibc.close(file)
  }

  @Test func aFileThatIsNoDatabaseIsNamedSo() {
    overwrite(folder.database, from: 0, with: Array(repeating: 0x61, count: 20_000))
    #expect(isCorrupt { () throws(StoreError) in try open() })
  }

  @Test func aDamagedDatabaseIsNamedSo() async throws {
    let store = try open()
    for number in 0..<50 {
      _ = try await LedgerClient(store: store).book(1, to: "account \(number)", id: "r\(number)")
    }
    await store.close()
    overwrite(folder.database, from: 4_096, with: Array(repeating: 0xa5, count: 100_000))
    #expect(isCorrupt { () throws(StoreError) in try open() })
  }

  /// Its numbers were handed out: an empty store would begin with them again.
  @Test(arguments: [true, false])
  func aLogWithoutItsDatabaseIsNamedSo(_ isEmptied: Bool) async throws {
    await (try open()).close()
    overwrite(folder.database + "-wal", from: 0, with: Array(repeating: 1, count: 4_096))
    if isEmptied { truncate(folder.database, 0) } else { unlink(folder.database) }
    #expect(isCorrupt { () throws(StoreError) in try open() })
    #expect(isCorrupt { () throws(StoreError) in try open() }, "the second time too")
  }

  func isCorrupt(_ body: () throws(StoreError) -> DurableStore) -> Bool {
    do throws(StoreError) {
      _ = try body()
      return false
    } catch {
      if case .corrupt = error { return true }
      return false
    }
  }

  @Test func aSecondServerIsToldOfTheFirst() async throws {
    let store = try open()
    #expect(throws: StoreError.locked(path: folder.database)) { try open() }
    await store.close()
    await (try open()).close()
  }

  @Test func aSecondServerIsToldOfTheFirstByAnotherNameToo() async throws {
    let store = try open()
    let link = folder.path + "/link.db"
    symlink(folder.database, link)
    #expect(throws: StoreError.locked(path: link)) {
      try DurableStore.open(StoreConfiguration(path: link), states: [Ledger.self])
    }
    await store.close()
  }

  @Test func aFileOfTwoNamesIsRefused() async throws {
    let store = try open()
    _ = try await LedgerClient(store: store).book(1, to: "x", id: "1")
    let second = folder.path + "/second.db"
    link(folder.database, second)
    #expect {
      try DurableStore.open(StoreConfiguration(path: second), states: [Ledger.self])
    } throws: { error in
      if case StoreError.notWritable(second, _) = error { true } else { false }
    }
    _ = try await LedgerClient(store: store).book(1, to: "x", id: "2")
    await store.close()
  }

  /// The log lies beside the file, not beside the link.
  @Test func aLinkLeadsToTheSameStore() async throws {
    let elsewhere = TemporaryFolder()
    symlink(folder.database, elsewhere.database)
    let store = try DurableStore.open(
      StoreConfiguration(path: elsewhere.database), states: [Ledger.self])
    _ = try await LedgerClient(store: store).book(1, to: "x", id: "1")
    await store.close()
    #expect(elsewhere.files == ["store.db"])
    let again = try open()
    #expect(try await LedgerClient(store: again).balance("x") == 1)
    await again.close()
  }

  @Test func theFirstServerEndsWhenItsLockWasRemovedAndASecondOpened() async throws {
    let events = StoreEvents()
    var configuration = StoreConfiguration(path: folder.database)
    configuration.onEvent = { events.add($0) }
    let first = try DurableStore.open(configuration, states: [Ledger.self])
    _ = try await LedgerClient(store: first).book(1, to: "x", id: "1")
    unlink(folder.database + "-lock")
    let second = try open()
    _ = try await LedgerClient(store: second).book(1, to: "x", id: "2")
    let overtaken = StoreError.failed("another server has opened this store")
    await #expect(throws: overtaken) {
      try await LedgerClient(store: first).book(1, to: "x", id: "3")
    }
    await events.waits { $0 == .failed(overtaken) }
    let answer = try await LedgerClient(store: second).book(1, to: "x", id: "4")
    #expect(answer == .fresh(.booked(number: 3, balance: 3)))
    #expect(try await LedgerClient(store: second).problems().isEmpty)
    await first.close()
    await second.close()
  }

  /// Where no lock file keeps it out the engine's own lock must, before anything is touched: what is
  /// written over a log in use may take back what another has just committed.
  @Test func aSecondOpeningWritesNothingInTheMiddleOfACommit() async throws {
    let first = try open()
    _ = try await LedgerClient(store: first).book(1, to: "x", id: "1")
    unlink(folder.database + "-lock")
    let gate = Gate()
    async let held: Void = first.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let disk = FaultDisk(seed: 1)
    var configuration = StoreConfiguration(path: folder.database)
    configuration.vfs = disk.vfs
    #expect(throws: StoreError.locked(path: folder.database)) {
      try DurableStore.open(configuration, states: [Ledger.self])
    }
    #expect(disk.position == 0, "nothing was written")
    gate.open()
    try await held
    let answer = try await LedgerClient(store: first).book(1, to: "x", id: "2")
    #expect(answer == .fresh(.booked(number: 2, balance: 2)), "the first goes on")
    await first.close()
  }

  @Test func anotherProgramThatReadsDoesNotHoldUpTheOpening() async throws {
    let store = try open()
    let reader = try ForeignProgram(path: folder.database)
    try reader.run("BEGIN; SELECT count(*) FROM entry")
    _ = try await LedgerClient(store: store).book(1, to: "x", id: "1")
    await store.close()
    let again = try open()
    #expect(try await LedgerClient(store: again).balance("x") == 1)
    _ = try await LedgerClient(store: again).book(1, to: "x", id: "2")
    #expect(try await LedgerClient(store: again).problems().isEmpty)
    try reader.unlock()
    await again.close()
  }

  @Test func nobodyElseMayReadIt() async throws {
    let store = try open()
    _ = try await LedgerClient(store: store).book(1, to: "x", id: "1")
    for file in folder.files {
      var status = stat()
      stat(folder.path + "/" + file, &status)
      #expect(status.st_mode & 0o077 == 0, "\(file)")
    }
    await store.close()
  }

  @Test(arguments: ["/proc/store.db", "/nowhere/at/all/store.db"])
  func aFolderThatCannotBeWrittenIsNamed(_ path: String) {
    do {
      _ = try DurableStore.open(StoreConfiguration(path: path), states: [])
      Issue.record("opened \(path)")
    } catch {
      guard case .notWritable(path, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func aReadOnlyFileSystemIsNamed() {
    let disk = FaultDisk(seed: 1)
    disk.inject(.readOnly, times: nil)
    var configuration = StoreConfiguration(path: folder.database)
    configuration.vfs = disk.vfs
    do {
      _ = try DurableStore.open(configuration, states: [Ledger.self])
      Issue.record("opened")
    } catch {
      guard case .notWritable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func aNewerDatabaseIsLeftAlone() async throws {
    await (try open([NewerLedger.self])).close()
    #expect(throws: StoreError.newerVersion(capability: "ledger", found: 2, known: 1)) {
      try open()
    }
    await (try open([NewerLedger.self])).close()
  }

  @Test func anUnknownCapabilityIsNewerToo() async throws {
    await (try open()).close()
    #expect(throws: StoreError.newerVersion(capability: "ledger", found: 1, known: 0)) {
      try open([])
    }
  }

  @Test func aMigrationThatFailsLeavesTheOldVersionWhole() async throws {
    let store = try open()
    _ = try await LedgerClient(store: store).book(7, to: "x", id: "1")
    await store.close()
    #expect(throws: StoreError.self) { try open([BrokenLedger.self]) }
    let again = try open()
    #expect(try await LedgerClient(store: again).balance("x") == 7)
    #expect(try await LedgerClient(store: again).problems().isEmpty)
    await again.close()
  }

  @Test func aMigrationThatWasEditedLaterIsNamed() async throws {
    await (try open()).close()
    #expect(
      throws: StoreError.statement("migration 1 of ledger isn't the one that was applied")
    ) { try open([EditedLedger.self]) }
  }

  @Test func twoStoresHaveTwoIncarnations() async throws {
    let store = try open()
    let elsewhere = TemporaryFolder()
    let other = try DurableStore.open(StoreConfiguration(path: elsewhere.database), states: [])
    #expect(store.incarnation != other.incarnation)
    await store.close()
    await other.close()
  }
}

/// The ledger of a later program.
private final class NewerLedger: WriterState {
  static let capability = Ledger.capability
  static let migrations =
    Ledger.migrations + [Migration(number: 2, sql: "ALTER TABLE account ADD COLUMN note TEXT")]

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}
}

/// The ledger of a program whose author forgot that others have the old one.
private final class EditedLedger: WriterState {
  static let capability = Ledger.capability
  static let migrations = [Migration(number: 1, sql: Ledger.migrations[0].sql + " ")]

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}
}

/// The ledger of a program that nobody tried.
private final class BrokenLedger: WriterState {
  static let capability = Ledger.capability
  static let migrations =
    Ledger.migrations + [Migration(number: 2, sql: "DELETE FROM entry; DROP TABLE nothing")]

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}
}
