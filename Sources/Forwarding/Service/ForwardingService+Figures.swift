public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// How full, how old, how fast; and whether all is where it must be.
extension ForwardingService {
  /// What is in the queues of a business.
  public func getForwardingFigures(
    _ request: GetForwardingFiguresRequest, context: ServerContext
  ) async throws(RPCError) -> GetForwardingFiguresResponse {
    let found = try await calls.ask(context) { (book, batch) throws(ForwardingFailure) in
      let stored = try book.look(at: request.business)
      return (intake: API.Intake(stored, batch), units: stored.unitQueues(at: batch.boot))
    }
    let times = try await times(of: found.units.compactMap(\.oldest), request.business, context)
    return GetForwardingFiguresResponse(
      intake: found.intake,
      units: found.units.map { unit in
        UnitFigures(
          unit: unit.name, depth: Int64(unit.depth),
          oldestTime: unit.oldest.flatMap { times[$0] }.map {
            ProtoTimestamp(microseconds: $0.microseconds)
          },
          inPerSecond: unit.rate.came, outPerSecond: unit.rate.left)
      })
  }

  /// When orders were given in, by their sequences.
  private func times(
    of sequences: [Int64], _ business: String, _ context: ServerContext
  ) async throws(RPCError) -> [Int64: Timestamp] {
    guard !sequences.isEmpty else { return [:] }
    return try await calls.read(context) { (connection) throws(StoreError) in
      var times: [Int64: Timestamp] = [:]
      for sequence in Set(sequences) {
        times[sequence] = try connection.chunk(
          of: OrderFeed.key(business), containing: sequence)?.time
      }
      return times
    }
  }

  /// Checks a page of orders. Its token is the last sequence on it.
  public func checkCompleteness(
    _ request: CheckCompletenessRequest, context: ServerContext
  ) async throws(RPCError) -> CheckCompletenessResponse {
    let size: Int
    let after: Int64
    do throws(ForwardingRefusal) {
      guard isBusiness(request.business) else { throw .businessInvalid(field: "business") }
      size = try Self.pageSize(request.pageSize)
      after = try Self.sequence(request.pageToken)
    } catch {
      throw error.rpcError
    }
    let page = try await calls.read(context) { (connection) throws(StoreError) in
      try CompletenessPage(connection, of: request.business, after: after, limit: size)
    }
    guard let page else { throw ForwardingRefusal.intakeNotFound.rpcError }
    let found = page.found
    return CheckCompletenessResponse(
      checked: found.checked, forwarded: found.forwarded, waiting: found.waiting,
      unknown: found.unknown,
      differences: found.differences.prefix(ForwardingLimits.pageSize).map { difference in
        OrderDifference(
          sequence: difference.sequence, kind: OrderDifferenceKind(difference.kind),
          unit: page.names[difference.unit] ?? "")
      },
      nextPageToken: page.next.map { "\($0)" } ?? "", withdrawn: found.withdrawn)
  }

  /// What a page's token says: the last sequence of the page before; 0: there was none.
  static func sequence(_ token: String) throws(ForwardingRefusal) -> Int64 {
    guard !token.isEmpty else { return 0 }
    guard let sequence = Int64(token), sequence >= 0, "\(sequence)" == token else {
      throw .pageTokenInvalid
    }
    return sequence
  }
}

extension OrderDifferenceKind {
  /// As a client sees it.
  init(_ kind: Completeness.Difference.Kind) {
    switch kind {
    case .lost: self = .lost
    case .missing: self = .missing
    case .unexpected: self = .unexpected
    }
  }
}
