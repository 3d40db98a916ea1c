/// The first line of an HTTP/1 request (RFC 9112, section 3).
struct HTTPRequestLine: Equatable {
  var method: String
  /// Without a query.
  var path: String

  /// Nil if it isn't one of HTTP/1.
  init?(_ head: some Sequence<UInt8>) {
    let line = String(decoding: head.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0",
      !parts[0].isEmpty, parts[1].hasPrefix("/")
    else { return nil }
    method = String(parts[0])
    path = String(parts[1].prefix { $0 != "?" })
  }

  /// Whether a request's head has come whole: there is an empty line.
  static func isWhole(_ head: [UInt8]) -> Bool {
    var isEmptyLine = false
    for byte in head where byte != 13 {
      if byte == 10, isEmptyLine { return true }
      isEmptyLine = byte == 10
    }
    return false
  }
}
