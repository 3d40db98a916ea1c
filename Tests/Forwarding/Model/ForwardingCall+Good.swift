import API
import Store

@testable import Catalog

// By itself, as API has types with the names of Forwarding's.
extension ForwardingCall {
  /// Puts a good into the catalog.
  static func put(_ good: String, _ batch: Batch) throws(StoreError) {
    do throws(CatalogFailure) {
      let item: CatalogItem
      do throws(CatalogRefusal) {
        item = try CatalogItem(
          Good(number: good, name: good, manufacturer: "", details: ""), "goods[0]")
      } catch {
        throw .refused(error)
      }
      _ = try batch.state(of: CatalogBook.self)?.put(
        business, [item], CatalogCapacity(), batch)
    } catch {
      throw .failed("\(error)")
    }
  }
}
