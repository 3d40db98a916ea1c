import API
import Testing

@testable import orderwire

@Suite struct GoodsFileTests {
  /// All records, whatever pieces the bytes come in.
  private static func records(
    _ text: String, piece: Int
  ) throws(CSVReader.Failure) -> [CSVReader.Record] {
    var reader = CSVReader()
    var records: [CSVReader.Record] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      records += try reader.take(bytes[start..<min(start + piece, bytes.count)])
    }
    if let last = try reader.end() { records.append(last) }
    return records
  }

  private static let texts: [(String, [[String]], [Int])] = [
    ("", [], []), ("a", [["a"]], [1]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]], [1, 2]),
    ("a,b\nc,d", [["a", "b"], ["c", "d"]], [1, 2]), ("a,,\n", [["a", "", ""]], [1]),
    ("\"a,b\",\"c\"\"d\"\r\n", [["a,b", "c\"d"]], [1]), ("\"\",\"\"", [["", ""]], [1]),
    ("\"two\r\nlines\",x\r\ny,z", [["two\r\nlines", "x"], ["y", "z"]], [1, 3]),
    ("\r\n\r\na\r\n", [["a"]], [3]), ("\u{FEFF}a,茶\n", [["a", "茶"]], [1]),
    ("a,\u{FEFF}b\n", [["a", "\u{FEFF}b"]], [1]),
  ]

  @Test(arguments: texts)
  func recordsOfCSV(text: String, fields: [[String]], lines: [Int]) throws {
    for piece in [1, 2, 3, 1_000] {
      let records = try Self.records(text, piece: piece)
      #expect(records.map(\.fields) == fields, "in pieces of \(piece)")
      #expect(records.map(\.line) == lines, "in pieces of \(piece)")
    }
  }

  @Test(arguments: [
    ("a\"b", CSVReader.Failure.quoteInField(line: 1)), ("a\n\"b\"c", .textAfterQuote(line: 2)),
    ("a\n\"b", .quoteNotClosed(line: 2)),
    ("\"" + String(repeating: "a", count: CSVReader.recordBytes), .recordTooLong(line: 1)),
  ])
  func whatIsNoCSV(text: String, failure: CSVReader.Failure) {
    #expect(throws: failure) { try Self.records(text, piece: 7) }
  }

  @Test func bytesThatAreNoText() {
    var reader = CSVReader()
    #expect(throws: CSVReader.Failure.notUTF8(line: 2)) {
      try reader.take([0x61, 0x0A, 0xFF, 0x0A])
    }
  }

  private static func messages(_ text: String) throws -> [ImportGoodsRequest] {
    var file = GoodsFile(business: "shop")
    var messages: [ImportGoodsRequest] = []
    for record in try records(text, piece: 100) {
      if let message = try file.take(record) { messages.append(message) }
    }
    if let rest = file.rest() { messages.append(rest) }
    #expect(file.firstLines.count == messages.count)
    return messages
  }

  @Test func manufacturersComeOnce() throws {
    let text = """
      name,number,manufacturer,manufacturer_name,details
      Tea,t,m,Maker,green
      Rice,r,m,Maker,
      Salt,s,n,,
      """
    let messages = try Self.messages(text)
    let message = try #require(messages.first)
    #expect(messages.count == 1)
    #expect(message.business == "shop")
    #expect(message.manufacturers == [Manufacturer(number: "m", name: "Maker")])
    #expect(
      message.goods == [
        Good(number: "t", name: "Tea", manufacturer: "m", details: "green"),
        Good(number: "r", name: "Rice", manufacturer: "m"),
        Good(number: "s", name: "Salt", manufacturer: "n"),
      ])
  }

  @Test func messagesAreBounded() throws {
    let many = "number,name\n" + (0..<1_200).map { "\($0),n\n" }.joined()
    #expect(try Self.messages(many).map(\.goods.count) == [500, 500, 200])
    let long = String(repeating: "d", count: 4_000)
    let large = "number,name,details\n" + (0..<100).map { "\($0),n,\(long)\n" }.joined()
    #expect(try Self.messages(large).map(\.goods.count) == [66, 34])
  }

  @Test(arguments: [
    (
      "number,colour",
      "line 1: no column \"colour\"; known are number, name, manufacturer, details, "
        + "manufacturer_name"
    ),
    ("number,name,number", "line 1: the column number twice"),
    ("name", "line 1: the column number is missing"),
    ("number", "line 1: the column name is missing"),
    ("number,name\na,b,c", "line 2: has 3 fields, not 2"),
    ("number,name,manufacturer_name\na,b,c", "line 2: a manufacturer_name without a manufacturer"),
    (
      "number,name,manufacturer,manufacturer_name\na,b,m,x\nc,d,m,y",
      "line 3: the manufacturer m has another name before"
    ),
  ])
  func whatIsNoFileOfGoods(text: String, message: String) {
    #expect(throws: GoodsFile.Failure(message: message)) { try Self.messages(text) }
  }
}
