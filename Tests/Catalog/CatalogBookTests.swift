import API
import Store
import StoreFaults
import Testing

@testable import Catalog

/// The book in its store: what is taken back or refused leaves nothing, what is restarted comes back.
@Suite(.timeLimit(.minutes(10))) struct CatalogBookTests {
  private static func item(_ kind: CatalogKind, _ number: String, _ body: UInt8) -> CatalogItem {
    CatalogItem(
      key: CatalogKey(kind: kind, number: number),
      manufacturer: kind == .good ? "m" : "", field: "f", body: [body])
  }

  private static let calls: [[CatalogItem]] = [
    [item(.manufacturer, "m", 1)], [item(.good, "tea", 1), item(.good, "rice", 1)],
    [item(.good, "tea", 2), item(.good, "rice", 1)], [item(.manufacturer, "m", 2)],
    [item(.good, "tea", 1)],
  ]

  private static func put(
    _ items: [CatalogItem], _ store: DurableStore, inVain: Bool = false,
    _ capacity: CatalogCapacity = CatalogCapacity()
  ) async throws(StoreError) -> CatalogRefusal? {
    let book = store.state(of: CatalogBook.self)
    return try await store.execute(caller: "test") { (batch) throws(StoreError) in
      do throws(CatalogFailure) {
        _ = try book[batch].put("shop", items, capacity, batch)
      } catch {
        switch error {
        case .refused(let refusal): return refusal
        case .store(let error): throw error
        }
      }
      if inVain { throw .constraint("in vain") }
      return nil
    }
  }

  private static func snapshot(_ store: DurableStore) async throws -> [String] {
    let book = store.state(of: CatalogBook.self)
    return try await store.ask(caller: "test") { (batch) throws(StoreError) in
      let book = book[batch]
      var lines = ["\(book.items) \(book.versions)"]
      for (business, index) in book.indices {
        for (key, version) in index.newest { lines.append("\(business) \(key) \(version)") }
      }
      return lines.sorted()
    }
  }

  /// The manufacturers of goods had no column before.
  @Test func manufacturersAreReadFromGoodsOfBefore() async throws {
    let folder = TemporaryFolder()
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    var store = try DurableStore.open(configuration, states: [CatalogBook.self])
    let maker = try CatalogItem(Manufacturer(number: "m", name: "M"), "manufacturers[0]")
    let tea = try CatalogItem(Good(number: "tea", name: "Tea", manufacturer: "m"), "goods[0]")
    let salt = try CatalogItem(Good(number: "salt", name: "Salt"), "goods[1]")
    #expect(try await Self.put([maker, tea, salt], store) == nil)
    let before = try await Self.snapshot(store)
    #expect(before.contains { $0.contains("manufacturer: \"m\"") })
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      batch.write(Statement("UPDATE catalog_item SET manufacturer = NULL")) { _ in }
    }
    await store.close()
    store = try DurableStore.open(configuration, states: [CatalogBook.self])
    #expect(try await Self.snapshot(store) == before)
    let book = store.state(of: CatalogBook.self)
    let versions = try await store.ask(caller: "test") { (batch) throws(StoreError) in
      ["tea", "salt", "oil"].map { good in
        book[batch].version(ofGood: good, of: "shop").map { [$0.good, $0.manufacturer] }
      }
    }
    #expect(versions == [[1, 1], [1, 0], nil])
    await store.close()
  }

  @Test func whatIsTakenBackLeavesNothingAndWhatIsRestartedComesBack() async throws {
    let folder = TemporaryFolder()
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    var store = try DurableStore.open(configuration, states: [CatalogBook.self])
    for items in Self.calls {
      let before = try await Self.snapshot(store)
      await #expect(throws: StoreError.constraint("in vain")) {
        _ = try await Self.put(items, store, inVain: true)
      }
      let none = CatalogCapacity(items: 0, versions: 0)
      #expect(try await Self.put(items, store, none) != nil)
      #expect(try await Self.snapshot(store) == before)
      #expect(try await Self.put(items, store) == nil)
      let after = try await Self.snapshot(store)
      #expect(after != before)
      await store.close()
      store = try DurableStore.open(configuration, states: [CatalogBook.self])
      #expect(try await Self.snapshot(store) == after)
    }
    let bodies = try await store.read { (connection) throws(StoreError) in
      var bodies: [[UInt8]] = []
      for version in 1...3 {
        let key = CatalogKey(kind: .good, number: "tea")
        let item = try connection.item("shop", key, version: Int64(version))
        bodies.append(item?.body ?? [])
      }
      return bodies
    }
    #expect(bodies == [[1], [2], [1]])
    await store.close()
  }
}
