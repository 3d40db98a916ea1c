public import Store
internal import Synchronization

/// What was acknowledged, and when on the disk's time line.
public final class Receipts<Receipt: Sendable>: Sendable {
  private let disk: FaultDisk
  private let all = Mutex<[(position: Int, receipt: Receipt)]>([])

  init(disk: FaultDisk) { self.disk = disk }

  /// Call it as soon as the answer is there: from now on `receipt` must survive.
  public func acknowledged(_ receipt: Receipt) {
    let position = disk.position
    all.withLock { $0.append((position, receipt)) }
  }

  /// How many so far.
  public var count: Int { all.withLock(\.count) }

  private let everyCut = Mutex<Int?>(nil)

  /// Every moment from now on is tried: for what may go wrong in a short time only.
  public func tryEveryCutFromNow() {
    let position = disk.position
    everyCut.withLock { $0 = position }
  }

  var everyCutAfter: Int? { everyCut.withLock { $0 } }

  private let finished = Atomic(false)

  /// No more will come.
  public func finish() { finished.store(true, ordering: .relaxed) }

  /// Whether `finish` was called.
  public var isFinished: Bool { finished.load(ordering: .relaxed) }

  var positions: [Int] { all.withLock { $0.map(\.position) } }

  func upTo(_ position: Int) -> [Receipt] {
    all.withLock { $0.filter { $0.position <= position }.map(\.receipt) }
  }
}

/// The power-loss test: works on a store on a simulated disk, then cuts the power at many moments
/// of that run, and looks each time at what a server would find.
public struct PowerLoss<Receipt: Sendable> {
  /// Decides the cuts and what is left after each.
  public let seed: UInt64
  /// How many moments are tried.
  public var cuts = 40
  /// The states of the store.
  public let states: [any WriterState.Type]
  /// Changes the configuration of the store that is worked on.
  public var configure: (inout StoreConfiguration) -> Void = { _ in }
  /// The time of all stores of the test.
  public var clock: any StoreClock = SystemClock()

  /// A test of stores with these states.
  public init(seed: UInt64, states: [any WriterState.Type]) {
    self.seed = seed
    self.states = states
  }

  /// Returns what was wrong, a line each; none is good. `check` gets a store reopened after a cut
  /// and everything that was acknowledged before it, and says what it misses.
  public func run(
    work: (DurableStore, FaultDisk, Receipts<Receipt>) async throws -> Void,
    check: (DurableStore, [Receipt]) async throws -> [String]
  ) async throws -> [String] {
    let disk = FaultDisk(seed: seed)
    let receipts = Receipts<Receipt>(disk: disk)
    let folder = TemporaryFolder()
    var configuration = StoreConfiguration(path: folder.database)
    configuration.vfs = disk.vfs
    configure(&configuration)
    let store = try DurableStore.open(configuration, clock: clock, states: states)
    do {
      try await work(store, disk, receipts)
    } catch {
      await store.close()
      throw error
    }
    await store.close()
    var problems: [String] = []
    var random = SeededGenerator(seed: seed)
    var moments = (0..<cuts).map { moment(&random, of: disk, receipts, $0) }
    if let first = receipts.everyCutAfter { moments += Array(first...disk.position) }
    for cut in moments {
      let found = await look(at: cut, seed: random.next(), disk, receipts, check)
      problems += found.map { "seed \(seed), cut at \(cut) of \(disk.position): \($0)" }
    }
    return problems
  }

  /// Half of the cuts are right after an acknowledgement, where a promise broken shows most.
  private func moment(
    _ random: inout SeededGenerator, of disk: FaultDisk, _ receipts: Receipts<Receipt>,
    _ number: Int
  ) -> Int {
    if number.isMultiple(of: 2), let position = receipts.positions.randomElement(using: &random) {
      return position
    }
    return Int.random(in: 0...disk.position, using: &random)
  }

  private func look(
    at cut: Int, seed: UInt64, _ disk: FaultDisk, _ receipts: Receipts<Receipt>,
    _ check: (DurableStore, [Receipt]) async throws -> [String]
  ) async -> [String] {
    let folder = TemporaryFolder()
    do {
      try disk.rebuild(cutAt: cut, seed: seed, into: folder.path)
      // On a simulated disk too: its syncs cost nothing.
      let next = FaultDisk(seed: seed)
      var configuration = StoreConfiguration(path: folder.database)
      configuration.vfs = next.vfs
      let store = try DurableStore.open(configuration, clock: clock, states: states)
      let problems: [String]
      do { problems = try await check(store, receipts.upTo(cut)) } catch {
        problems = ["the check failed: \(error)"]
      }
      await store.close()
      return problems
    } catch {
      return ["the store doesn't open: \(error)"]
    }
  }
}
