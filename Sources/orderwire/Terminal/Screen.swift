import Glibc

/// Standard output: a person's terminal, where tables have a head and are shown in place of what was there, or a
/// script's pipe, where they are plain lines with tabs between the columns.
struct Screen {
  let isTerminal: Bool
  /// Whether there is still somebody who reads.
  private(set) var isRead = true
  /// Lines at the end that the next ones take the place of.
  private var replaceable = 0

  init(isTerminal: Bool = isatty(STDOUT_FILENO) == 1) { self.isTerminal = isTerminal }

  /// Shows `lines`, and on a terminal `last` behind them, until something else is shown.
  mutating func show(_ lines: [String], last: [String] = []) {
    let lines = isTerminal ? lines + last : lines
    write(lines)
    replaceable = last.count
  }

  /// Shows `lines` in place of those that were shown so last; not on a terminal, just behind them.
  mutating func showAgain(_ lines: [String]) {
    write(lines)
    replaceable = lines.count
  }

  private mutating func write(_ lines: [String]) {
    var text = isTerminal && replaceable > 0 ? Self.back(replaceable) : ""
    for line in lines { text += line + "\n" }
    isRead = isRead && writeAll(text, to: STDOUT_FILENO)
  }

  /// Up so many lines, and all below erased.
  static func back(_ lines: Int) -> String { "\u{1B}[\(lines)A\u{1B}[J" }
}

/// Writes `text`; false: nobody reads it any more.
private func writeAll(_ text: String, to descriptor: CInt) -> Bool {
  let bytes = Array(text.utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    if count <= 0 { return false }
    written += count
  }
  return true
}

/// What somebody else wrote, without the characters that would command a terminal or break a line.
func printable(_ text: String) -> String {
  var clean = ""
  for scalar in text.unicodeScalars {
    let commands = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    clean.unicodeScalars.append(commands ? "\u{FFFD}" : scalar)
  }
  return clean
}
