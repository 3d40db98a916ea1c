public import API
internal import Calls
internal import Messages
public import RPC

// Numbers of another system.
extension AllocationService {
  /// Takes numbers over.
  public func importNumbers(
    _ request: ImportNumbersRequest, context: ServerContext
  ) async throws(RPCError) -> ImportNumbersResponse {
    var command = ImportCommand(request)
    command.principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(
        request, "ImportNumbers", of: request.business, context,
        rows: 2 * min(command.items.count, Limits.numbersPerCall)),
      .imports
    ) { [command] (book, now, rows) throws(Refusal) in
      let imported = try book.importNumbers(command, at: now, rows: rows)
      return ImportNumbersResponse(
        numbers: zip(command.items, imported).map { item, imported in
          API.ImportedNumber(
            number: item.number, token: Token(incarnation: book.incarnation, generation: 1),
            leaseID: imported.lease,
            expireTime: imported.expireTime.map { ProtoTimestamp(microseconds: $0) })
        },
        repeatable: request.isRepeatable)
    }
  }

  /// Takes numbers over with each message of a stream.
  public func importNumbersStream(
    _ requests: RequestStream<ImportNumbersStreamRequest>, context: ServerContext
  ) async throws(RPCError) -> ImportNumbersStreamResponse {
    var done = ImportNumbersStreamResponse()
    do throws(RPCError) {
      for try await request in requests {
        guard let part = request.part else {
          throw Refusal.messageMissing(field: "part").error(in: .imports)
        }
        let answer = try await importNumbers(part, context: context)
        done.messages += 1
        done.numbers += Int64(answer.numbers.count)
      }
    } catch {
      throw error.adding(metadata: ["message": "\(done.messages)"])
    }
    return done
  }
}

extension ImportCommand {
  init(_ request: ImportNumbersRequest) {
    self.init(
      business: request.business,
      lease: request.leaseTTL.map { .ttl($0.microseconds) } ?? .poolDefault,
      items: request.numbers.map { item in
        Item(
          number: item.number, caller: Caller(principal: item.principal, holder: item.holder),
          end: item.completion.map { end in
            Completion(
              amount: end.amount.map {
                CompleteCommand.Amount(currency: $0.currencyCode, minor: $0.amountMinor)
              })
          })
      })
  }
}
