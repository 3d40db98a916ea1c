/// Takes records out of the bytes of CSV as in RFC 4180, whatever pieces the bytes come in. Lines may also end
/// with LF alone, and a mark of UTF-8 at the beginning is passed over.
///
///     state          comma        quote          CR or LF        another byte     end
///     start          field        quoted         ¹               plain            –
///     fieldStart     field        quoted         record          plain            record
///     plain          field        refused        record          plain            record
///     quoted         quoted       quoteInQuoted  quoted          quoted           refused
///     quoteInQuoted  field        quoted         record          refused          record
///
/// ¹ an empty line is passed over, and so is the LF after a CR
struct CSVReader {
  /// Why it isn't CSV.
  enum Failure: Error, Equatable {
    case quoteInField(line: Int)
    case textAfterQuote(line: Int)
    case quoteNotClosed(line: Int)
    case notUTF8(line: Int)
    case recordTooLong(line: Int)
  }

  /// A record, and the line that it begins in, from 1.
  struct Record: Equatable {
    var line: Int
    var fields: [String]
  }

  /// No record of ours is longer; a quote that is never closed mustn't take the rest of the file.
  static let recordBytes = 64 << 10

  private enum State { case start, fieldStart, plain, quoted, quoteInQuoted }

  private var state = State.start
  private var field: [UInt8] = []
  private var record = Record(line: 1, fields: [])
  private var bytes = 0
  private var line = 1
  private var seen = 0

  /// The records that end in these bytes.
  mutating func take(_ piece: some Sequence<UInt8>) throws(Failure) -> [Record] {
    var records: [Record] = []
    for byte in piece {
      defer { seen += 1 }
      if seen < Self.mark.count, byte == Self.mark[seen], seen == markSeen {
        markSeen += 1
        continue
      }
      if let record = try take(byte) { records.append(record) }
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
    return records
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private var markSeen = 0

  /// The last record, where the last line has no end.
  mutating func end() throws(Failure) -> Record? {
    switch state {
    case .start: return nil
    case .quoted: throw .quoteNotClosed(line: record.line)
    case .fieldStart, .plain, .quoteInQuoted: return try endRecord()
    }
  }

  private mutating func take(_ byte: UInt8) throws(Failure) -> Record? {
    let isEnd = byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    if state == .start {
      if isEnd { return nil }
      record = Record(line: line, fields: [])
      bytes = 0
      state = .fieldStart
    }
    bytes += 1
    guard bytes <= Self.recordBytes else { throw .recordTooLong(line: record.line) }
    switch (state, byte) {
    case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
    case (.quoted, _): field.append(byte)
    case (.quoteInQuoted, UInt8(ascii: "\"")):
      field.append(byte)
      state = .quoted
    case (_, UInt8(ascii: ",")):
      try endField()
      state = .fieldStart
    case _ where isEnd: return try endRecord()
    case (.fieldStart, UInt8(ascii: "\"")): state = .quoted
    case (.plain, UInt8(ascii: "\"")): throw .quoteInField(line: line)
    case (.quoteInQuoted, _): throw .textAfterQuote(line: line)
    case (.start, _), (.fieldStart, _), (.plain, _):
      field.append(byte)
      state = .plain
    }
    return nil
  }

  private mutating func endField() throws(Failure) {
    guard let text = String(validating: field, as: UTF8.self) else {
      throw .notUTF8(line: record.line)
    }
    record.fields.append(text)
    field.removeAll(keepingCapacity: true)
  }

  private mutating func endRecord() throws(Failure) -> Record {
    try endField()
    state = .start
    return record
  }
}

extension CSVReader.Failure {
  /// For a person, behind the file's name.
  var message: String {
    switch self {
    case .quoteInField(let line): "line \(line): a quote within a field that has none around it"
    case .textAfterQuote(let line): "line \(line): text behind a closing quote"
    case .quoteNotClosed(let line): "line \(line): a quote is never closed"
    case .notUTF8(let line): "line \(line): isn't UTF-8"
    case .recordTooLong(let line):
      "line \(line): a record of more than \(CSVReader.recordBytes) bytes; is a quote not closed?"
    }
  }
}
