import API
import ArgumentParser
import EventLoop
import Glibc
import Messages
import RPC

/// `orderwire goods`: the catalog.
struct GoodsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "goods",
    abstract: "Import goods and manufacturers.",
    subcommands: [ImportCommand.self])
}

/// `orderwire goods import`: reads CSV and puts what is in it.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import goods from a CSV file.",
    discussion: """
      The first line names the columns, in any order: number and name, and if you like manufacturer, \
      manufacturer_name and details. Where manufacturer_name is given, the manufacturer is put too. What is as it \
      was stays so, so a file can be imported again, also after a part of it was refused. The file may be of any \
      length; - is standard input.

      Exit status:
      \(EndStatus.callerTable)
      """)

  @Argument(help: "Whose goods they are.")
  var business: String

  @Argument(help: "The file, or - for standard input.")
  var file: String

  @Flag(help: "Write JSON: the ImportGoodsResponse.")
  var json = false

  @OptionGroup
  var server: ServerOptions

  func run() throws {
    do throws(CommandFailure) {
      let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw unreadable() }
      defer { if descriptor != STDIN_FILENO { close(descriptor) } }
      let answer = try server.withTarget { (target) throws(CommandFailure) in
        try send(descriptor, to: target)
      }
      var screen = Screen()
      screen.show(
        json ? [jsonLine(answer)] : answer.table.lines(isTerminal: screen.isTerminal))
    } catch {
      throw error.report()
    }
  }

  /// Reads on the calling thread, so that no loop waits for a file.
  private func send(
    _ descriptor: CInt, to target: LoadTarget
  ) throws(CommandFailure) -> ImportGoodsResponse {
    let stream = try target.run { (loop) throws(CommandFailure) in
      let channel = try await target.connect(on: loop)
      return try await asked { () throws(RPCError) in
        try await CatalogServiceClient(channel).importGoods()
      }
    }
    defer { stream.cancel() }
    var reader = CSVReader()
    var goods = GoodsFile(business: business)
    var isTaken = true
    while isTaken {
      let piece = try block(of: descriptor)
      for message in try messages(in: piece, &reader, &goods) where isTaken {
        isTaken = try target.run { (_) throws(CommandFailure) in
          // Why it isn't is said when the answer is asked for.
          do throws(RPCError) { try await stream.send(message) } catch { return false }
          return true
        }
      }
      if piece.isEmpty { break }
    }
    let lines = goods.firstLines
    return try target.run { [file] (_) throws(CommandFailure) in
      do throws(RPCError) {
        return try await stream.response()
      } catch {
        let failure = CommandFailure(error)
        guard let place = error.errorInfo?.metadata["message"].flatMap({ Int($0) }),
          lines.indices.contains(place)
        else { throw failure }
        throw CommandFailure(
          failure.status, "\(file): in the goods from line \(lines[place]) on: \(failure.message)")
      }
    }
  }

  /// What is in the next bytes of the file; without any, what was left.
  private func messages(
    in piece: [UInt8], _ reader: inout CSVReader, _ goods: inout GoodsFile
  ) throws(CommandFailure) -> [ImportGoodsRequest] {
    var messages: [ImportGoodsRequest] = []
    for record in try records(in: piece, &reader) {
      do throws(GoodsFile.Failure) {
        if let message = try goods.take(record) { messages.append(message) }
      } catch {
        throw CommandFailure(.missingInput, "\(file): \(error.message)")
      }
    }
    guard piece.isEmpty else { return messages }
    guard goods.hasColumns else {
      throw CommandFailure(.missingInput, "\(file): has no line with the columns")
    }
    if let rest = goods.rest() { messages.append(rest) }
    return messages
  }

  private func records(
    in piece: [UInt8], _ reader: inout CSVReader
  ) throws(CommandFailure) -> [CSVReader.Record] {
    do throws(CSVReader.Failure) {
      var records = try reader.take(piece)
      if piece.isEmpty, let last = try reader.end() { records.append(last) }
      return records
    } catch {
      throw CommandFailure(.missingInput, "\(file): \(error.message)")
    }
  }

  private func block(of descriptor: CInt) throws(CommandFailure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Self.blockBytes)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw unreadable() }
      return Array(buffer[..<count])
    }
  }

  private static let blockBytes = 64 << 10

  private func unreadable() -> CommandFailure {
    CommandFailure(.missingInput, "\(file): can't be read: \(systemMessage(errno))")
  }
}

/// What a call of the server gives, with the failure that a person is told.
private func asked<Value: Sendable>(
  _ body: @Sendable () async throws(RPCError) -> Value
) async throws(CommandFailure) -> Value {
  do throws(RPCError) { return try await body() } catch { throw CommandFailure(error) }
}

extension ImportGoodsResponse {
  var table: TextTable {
    func row(_ name: String, _ counts: PutCounts?) -> [String] {
      [name, "\(counts?.added ?? 0)", "\(counts?.changed ?? 0)", "\(counts?.unchanged ?? 0)"]
    }
    return TextTable(
      head: ["", "ADDED", "CHANGED", "UNCHANGED"],
      rows: [row("goods", goods), row("manufacturers", manufacturers)])
  }
}
