public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Orders that a unit failed to process.
extension ForwardingService {
  /// A page of dead letters. Its token is the last sequence on it.
  public func listDeadLetters(
    _ request: ListDeadLettersRequest, context: ServerContext
  ) async throws(RPCError) -> ListDeadLettersResponse {
    let size: Int
    let after: Int64
    do throws(ForwardingRefusal) {
      size = try Self.pageSize(request.pageSize)
      after = try Self.sequence(request.pageToken)
    } catch {
      throw error.rpcError
    }
    let page = try await deadLetters(
      request.business, unit: request.unit, after: after, limit: size, context)
    return ListDeadLettersResponse(
      deadLetters: page.letters.map { $0.message(withBody: false) },
      nextPageToken: page.next.map { "\($0)" } ?? "")
  }

  /// A dead letter.
  public func getDeadLetter(
    _ request: GetDeadLetterRequest, context: ServerContext
  ) async throws(RPCError) -> GetDeadLetterResponse {
    let before = request.sequence > 0 ? request.sequence - 1 : 0
    let letter = try await deadLetters(
      request.business, unit: request.unit, after: before, limit: 1, context
    ).letters.first
    guard let letter, letter.record.sequence == request.sequence else {
      throw ForwardingRefusal.consumption(.deadLetterNotFound(field: "sequence")).rpcError
    }
    let edits = try await calls.edits(
      of: request.sequence, request.business, unit: request.unit, context)
    let goods = try await calls.goods(of: [letter.record], request.business, context)
    var message = letter.message(withBody: true)
    message.order = message.order?.with(goods)
    return GetDeadLetterResponse(deadLetter: message, edits: edits)
  }

  /// Gives the unit another body.
  public func editDeadLetter(
    _ request: EditDeadLetterRequest, context: ServerContext
  ) async throws(RPCError) -> EditDeadLetterResponse {
    do throws(ForwardingRefusal) {
      guard request.body.count <= ForwardingLimits.bodyBytes else {
        throw .bodyTooLarge(field: "body")
      }
      guard request.reason.utf8.count <= ForwardingLimits.reasonBytes else {
        throw .reasonTooLong(field: "reason")
      }
    } catch {
      throw error.rpcError
    }
    let edit = ForwardingBook.Edit(
      body: request.body, reason: request.reason, principal: try context.principal)
    return try await calls.change(
      StoreCalls.Change(request, "EditDeadLetter", of: request.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      EditDeadLetterResponse(
        edits: try book.edit(
          request.business, unit: request.unit, request.sequence, edit, batch),
        repeatable: request.isRepeatable)
    }
  }

  /// Queues dead letters again.
  public func redriveDeadLetters(
    _ request: RedriveDeadLettersRequest, context: ServerContext
  ) async throws(RPCError) -> RedriveDeadLettersResponse {
    try Self.check(request.sequences)
    return try await calls.change(
      StoreCalls.Change(
        request, "RedriveDeadLetters", of: request.business, context,
        rows: request.sequences.count)
    ) { (book, batch) throws(ForwardingFailure) in
      let left = try book.redrive(
        request.business, unit: request.unit, request.sequences, batch)
      return RedriveDeadLettersResponse(deadLetters: Int64(left), repeatable: request.isRepeatable)
    }
  }

  /// Gives dead letters up.
  public func purgeDeadLetters(
    _ request: PurgeDeadLettersRequest, context: ServerContext
  ) async throws(RPCError) -> PurgeDeadLettersResponse {
    try Self.check(request.sequences)
    return try await calls.change(
      StoreCalls.Change(
        request, "PurgeDeadLetters", of: request.business, context,
        rows: request.sequences.count)
    ) { (book, batch) throws(ForwardingFailure) in
      let left = try book.purge(request.business, unit: request.unit, request.sequences, batch)
      return PurgeDeadLettersResponse(deadLetters: Int64(left), repeatable: request.isRepeatable)
    }
  }

  private static func check(_ sequences: [Int64]) throws(RPCError) {
    guard (1...ForwardingLimits.deadLettersPerCall).contains(sequences.count) else {
      throw ForwardingRefusal.consumption(.deadLettersOutOfRange).rpcError
    }
  }

  /// A dead letter as it is kept.
  private struct KeptLetter: Sendable {
    var record: KeptRecord
    var letter: DeadLetter
    var edits: Int32

    func message(withBody: Bool) -> API.DeadLetter {
      API.DeadLetter(
        order: API.StoredOrder(record, withBody: withBody),
        deadTime: ProtoTimestamp(microseconds: letter.since), failures: letter.failures,
        reason: letter.reason, consumer: letter.consumer, edits: edits)
    }
  }

  /// A page of them, and its last sequence if there are more.
  private func deadLetters(
    _ business: String, unit: String, after sequence: Int64, limit: Int, _ context: ServerContext
  ) async throws(RPCError) -> (letters: [KeptLetter], next: Int64?) {
    let found = try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      try book.deadLetters(business, unit: unit, after: sequence, limit: limit + 1)
    }
    guard let first = found.sequences.first, let last = found.sequences.last else {
      return ([], nil)
    }
    let letters = try await calls.read(context) { (connection) throws(StoreError) in
      var letters: [Int64: DeadLetter] = [:]
      try connection.query(
        ConsumptionStatements.dead,
        bind: { row in
          row.bind(business)
          row.bind(found.unit)
          row.bind(first)
          row.bind(last)
        },
        { (row) throws(StoreError) in
          letters[row.integer(0)] = DeadLetter(
            since: row.integer(1), failures: Int32(clamping: row.integer(2)), reason: row.text(3),
            consumer: row.text(4))
        })
      return letters
    }
    let page = try await records(
      Array(found.sequences.prefix(limit)), of: business, context)
    let edits = Dictionary(uniqueKeysWithValues: zip(found.sequences, found.edits))
    // One that was dealt with in between is left out.
    let kept = page.records.compactMap { record in
      letters[record.sequence].map {
        KeptLetter(record: record, letter: $0, edits: edits[record.sequence] ?? 0)
      }
    }
    return (kept, page.last == last ? nil : page.last)
  }
}

extension ForwardingCalls {
  /// The edits of an order at a unit, in their order.
  func edits(
    of sequence: Int64, _ business: String, unit name: String, _ context: ServerContext
  ) async throws(RPCError) -> [DeadLetterEdit] {
    let unit = try await ask(context) { (book, _) throws(ForwardingFailure) in
      guard let unit = try book.look(at: business).intake.units[ExactText(name)] else {
        throw .refused(.unitNotFound(field: "unit"))
      }
      return unit.id
    }
    return try await read(context) { (connection) throws(StoreError) in
      var edits: [DeadLetterEdit] = []
      try connection.query(
        ConsumptionStatements.edits,
        bind: { row in
          row.bind(business)
          row.bind(unit)
          row.bind(sequence)
        },
        { (row) throws(StoreError) in
          edits.append(
            DeadLetterEdit(
              editTime: ProtoTimestamp(microseconds: row.integer(1)), principal: row.text(2),
              reason: row.text(3), body: row.bytes(4)))
        })
      return edits
    }
  }
}
