import Glibc
import Logging

/// Writes each log event as one line of `key=value` pairs (logfmt), which people and log collectors both read.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  private let label: String
  private let write: @Sendable (String) -> Void

  init(
    label: String,
    write: @escaping @Sendable (String) -> Void = { writeLine($0, to: STDERR_FILENO) }
  ) {
    self.label = label
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    write(
      Self.line(
        time: now, level: event.level, label: label, message: event.message.description,
        metadata: metadata.merging(event.metadata ?? [:]) { $1 }))
  }

  static func line(
    time: timespec, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata
  ) -> String {
    var text = "time=\(rfc3339(time)) level=\(level.rawValue) logger=\(quoted(label))"
    text += " msg=\(quoted(message))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      text += " \(quoted(key))=\(quoted(value.description))"
    }
    return text
  }

  /// As it is where that is safe, else in quotes: a value must not be able to look like another pair or line.
  static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value != 0x7f && $0 != "=" && $0 != "\"" && $0 != "\\"
          && !(0x80..<0xa0).contains($0.value) && !(0x2028...0x2029).contains($0.value)
      }
    guard !isPlain else { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _
      where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
        || (0x2028...0x2029).contains(scalar.value):
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func rfc3339(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: some BinaryInteger, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let day =
      "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    return "\(day)T\(clock).\(padded(time.tv_nsec / 1000, 6))Z"
  }
}
