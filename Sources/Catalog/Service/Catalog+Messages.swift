internal import API
internal import Messages
internal import Numbers
internal import Store

// From the wire to the rules and back.

extension CatalogItem {
  init(_ manufacturer: API.Manufacturer, _ field: String) throws(CatalogRefusal) {
    try Self.check(manufacturer.number, manufacturer.name, manufacturer.details, field)
    var given = manufacturer
    (given.version, given.updateTime) = (0, nil)
    self.init(
      key: CatalogKey(kind: .manufacturer, number: manufacturer.number), manufacturer: "",
      field: field, body: (try? given.encoded()) ?? [])
  }

  init(_ good: API.Good, _ field: String) throws(CatalogRefusal) {
    try Self.check(good.number, good.name, good.details, field)
    guard good.manufacturer.isEmpty || Self.isNumber(good.manufacturer) else {
      throw .numberInvalid(field: "\(field).manufacturer")
    }
    var given = good
    (given.version, given.updateTime) = (0, nil)
    self.init(
      key: CatalogKey(kind: .good, number: good.number), manufacturer: good.manufacturer,
      field: field, body: (try? given.encoded()) ?? [])
  }

  static func isNumber(_ text: String) -> Bool {
    isPrintable(text, bytes: CatalogLimits.numberBytes)
  }

  private static func check(
    _ number: String, _ name: String, _ details: String, _ field: String
  ) throws(CatalogRefusal) {
    guard isNumber(number) else { throw .numberInvalid(field: "\(field).number") }
    guard isPrintable(name, bytes: CatalogLimits.nameBytes) else {
      throw .nameInvalid(field: "\(field).name")
    }
    guard details.utf8.count <= CatalogLimits.detailsBytes else {
      throw .detailsTooLong(field: "\(field).details")
    }
  }

  private static func isPrintable(_ text: String, bytes: Int) -> Bool {
    (1...bytes).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}

extension StoredItem {
  func manufacturer() throws(StoreError) -> API.Manufacturer {
    var message: API.Manufacturer = try decoded()
    (message.version, message.updateTime) = (version, ProtoTimestamp(microseconds: time))
    return message
  }

  func good() throws(StoreError) -> API.Good {
    var message: API.Good = try decoded()
    (message.version, message.updateTime) = (version, ProtoTimestamp(microseconds: time))
    return message
  }

  private func decoded<M: Message>() throws(StoreError) -> M {
    do throws(DecodingFailure) { return try M(decoding: body) } catch {
      throw .corrupt("the catalog's \(number) can't be read: \(error)")
    }
  }
}

extension CatalogCounts {
  var message: API.PutCounts {
    API.PutCounts(added: added, changed: changed, unchanged: unchanged)
  }
}
