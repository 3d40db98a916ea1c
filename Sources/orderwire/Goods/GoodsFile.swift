import API
import Messages

/// Turns the records of a file of goods into messages of an import: manufacturers go out with the first
/// good of theirs.
struct GoodsFile {
  /// Why it isn't a file of goods, with its line.
  struct Failure: Error, Equatable { var message: String }

  enum Column: String, CaseIterable {
    case number, name, manufacturer, details
    case manufacturerName = "manufacturer_name"
  }

  /// Well below what a call may have, so that a message is some kilobytes.
  static let itemsPerMessage = 500
  /// The same for goods with long details.
  static let bytesPerMessage = 256 << 10
  /// They are remembered, to be sent once.
  static let manufacturersPerFile = 100_000

  private let business: String
  private var columns: [Column: Int]?
  private var width = 0
  /// Numbers and names of manufacturers, the same if their bytes are.
  private var names: [[UInt8]: String] = [:]
  private var message: ImportGoodsRequest
  private var bytes = 0
  /// The first line of each message's records, for what is refused.
  private(set) var firstLines: [Int] = []

  init(business: String) {
    self.business = business
    message = ImportGoodsRequest(business: business)
  }

  /// A message that is full with this record, if it is.
  mutating func take(_ record: CSVReader.Record) throws(Failure) -> ImportGoodsRequest? {
    guard let columns else {
      try begin(record)
      return nil
    }
    guard record.fields.count == width else {
      throw Failure(
        message: "line \(record.line): has \(record.fields.count) fields, not \(width)")
    }
    func field(_ column: Column) -> String { columns[column].map { record.fields[$0] } ?? "" }
    if message.goods.isEmpty { firstLines.append(record.line) }
    try add(field(.manufacturer), named: field(.manufacturerName), line: record.line)
    message.goods.append(
      Good(
        number: field(.number), name: field(.name), manufacturer: field(.manufacturer),
        details: field(.details)))
    bytes += record.fields.reduce(0) { $0 + $1.utf8.count }
    let isFull =
      message.goods.count + message.manufacturers.count >= Self.itemsPerMessage
      || bytes >= Self.bytesPerMessage
    return isFull ? rest() : nil
  }

  /// What is left, if there is something.
  mutating func rest() -> ImportGoodsRequest? {
    guard !message.goods.isEmpty else { return nil }
    defer {
      message = ImportGoodsRequest(business: business)
      bytes = 0
    }
    return message
  }

  /// Whether there was a first line with the columns.
  var hasColumns: Bool { columns != nil }

  private mutating func begin(_ head: CSVReader.Record) throws(Failure) {
    var found: [Column: Int] = [:]
    let known = Column.allCases.map(\.rawValue).joined(separator: ", ")
    for (place, name) in head.fields.enumerated() {
      guard let column = Column(rawValue: name) else {
        throw Failure(
          message: "line \(head.line): no column \"\(printable(name))\"; known are \(known)")
      }
      guard found.updateValue(place, forKey: column) == nil else {
        throw Failure(message: "line \(head.line): the column \(name) twice")
      }
    }
    for column in [Column.number, .name] where found[column] == nil {
      throw Failure(message: "line \(head.line): the column \(column.rawValue) is missing")
    }
    columns = found
    width = head.fields.count
  }

  private mutating func add(
    _ number: String, named name: String, line: Int
  ) throws(Failure) {
    guard !name.isEmpty else { return }
    guard !number.isEmpty else {
      throw Failure(message: "line \(line): a manufacturer_name without a manufacturer")
    }
    let key = Array(number.utf8)
    if let before = names[key] {
      guard before.utf8.elementsEqual(name.utf8) else {
        throw Failure(
          message: "line \(line): the manufacturer \(printable(number)) has another name before")
      }
      return
    }
    guard names.count < Self.manufacturersPerFile else {
      throw Failure(message: "line \(line): more than \(Self.manufacturersPerFile) manufacturers")
    }
    names[key] = name
    message.manufacturers.append(Manufacturer(number: number, name: name))
    bytes += number.utf8.count + name.utf8.count
  }
}
