import ArgumentParser
import Glibc

/// What a caller of the command can tell from its status; the numbers are those of sysexits.h.
enum EndStatus: Int32, CaseIterable, Sendable {
  case usage = 64
  case badData = 65
  case missingInput = 66
  case unavailable = 69
  case internalFault = 70
  case inputOutput = 74
  case refusedForNow = 75
  case refused = 76
  case noPermission = 77
  case configuration = 78

  var meaning: String {
    switch self {
    case .usage: "a flag is wrong"
    case .badData: "the store is damaged, or of a newer version"
    case .missingInput: "a file that was named can't be read, or isn't what it should be"
    case .unavailable: "an address is in use, or the store is held by another server"
    case .internalFault: "a mistake of this program"
    case .inputOutput: "the disk failed"
    case .refusedForNow: "the server refused, and may not later"
    case .refused: "the server refused"
    case .noPermission: "the system doesn't allow it"
    case .configuration: "a setting is wrong"
    }
  }

  /// What `orderwire serve` ends with.
  static var table: String {
    let rows = allCases.filter { $0 != .refused && $0 != .refusedForNow }
      .map { "  \($0.rawValue)  \($0.meaning)" }
    return (["  0   stopped as asked"] + rows).joined(separator: "\n")
  }

  /// What a command that calls a server ends with.
  static let callerTable = """
      0   done
      \(usage.rawValue)  a flag is wrong
      \(missingInput.rawValue)  a file that was named can't be read, or isn't what it should be
      \(unavailable.rawValue)  the server can't be reached, or didn't answer: a change may have happened, or not
      \(refusedForNow.rawValue)  the server refused for now: the same may go well later
      \(refused.rawValue)  the server refused; the reason is on standard error
    """
}

/// Why the command ends: a status for scripts, one sentence for a person.
struct CommandFailure: Error, Equatable, Sendable {
  let status: EndStatus
  let message: String

  init(_ status: EndStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  init(_ failure: ConfigurationFailure) {
    self.init(.configuration, failure.description)
  }

  /// Says so on standard error; what is thrown to the argument parser then carries only the status.
  func report() -> ExitCode {
    writeLine("orderwire: \(message)", to: STDERR_FILENO)
    return ExitCode(status.rawValue)
  }
}

/// Writes `line` and a newline in one call, so that lines of several threads don't mix.
func writeLine(_ line: String, to descriptor: CInt) {
  var bytes = Array(line.utf8)
  bytes.append(UInt8(ascii: "\n"))
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    // Nobody reads our output any more: nothing to do about it, and no reason to stop.
    if count <= 0 { return }
    written += count
  }
}
