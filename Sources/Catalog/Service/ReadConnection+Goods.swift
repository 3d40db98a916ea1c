package import API
package import Store

// What holds good for orders: goods and manufacturers as they were.
extension ReadConnection {
  /// A good in a version; nil: there is none.
  package func good(
    _ number: String, of business: String, version: Int64
  ) throws(StoreError) -> Good? {
    let key = CatalogKey(kind: .good, number: number)
    return try item(business, key, version: version)?.good()
  }

  /// A manufacturer in a version, or, for version 0, in its newest; nil: there is none.
  package func manufacturer(
    _ number: String, of business: String, version: Int64
  ) throws(StoreError) -> Manufacturer? {
    guard !number.isEmpty else { return nil }
    let key = CatalogKey(kind: .manufacturer, number: number)
    guard version != 0 else { return try item(business, key)?.manufacturer() }
    return try item(business, key, version: version)?.manufacturer()
  }
}
