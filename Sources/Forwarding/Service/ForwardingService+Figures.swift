public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
public import Store

// How full, how old, how fast; and whether all is where it must be.
extension ForwardingService {
  /// What is in the queues of a business.
  public func getForwardingFigures(
    _ request: GetForwardingFiguresRequest, context: ServerContext
  ) async throws(RPCError) -> GetForwardingFiguresResponse {
    let found = try await calls.ask(context) { (book, batch) throws(ForwardingFailure) in
      FoundFigures(try book.look(at: request.business), batch)
    }
    let times = try await calls.read(context) { (connection) throws(StoreError) in
      try found.times(connection)
    }
    return found.response(times)
  }

  /// The same, asked by the server itself; nil if the business forwards nothing.
  public func figures(
    of business: String
  ) async throws(StoreError) -> GetForwardingFiguresResponse? {
    let found = try await calls.store.ask(caller: Self.ownCaller) {
      [book] (batch) throws(StoreError) in
      book[batch].intakes[ExactText(business)].map { FoundFigures($0, batch) }
    }
    guard let found else { return nil }
    let times = try await calls.store.read(caller: Self.ownCaller) {
      (connection) throws(StoreError) in try found.times(connection)
    }
    return found.response(times)
  }

  /// Businesses that forward orders, asked by the server itself: the first 100 after one of them.
  public func businesses(after name: String) async throws(StoreError) -> [String] {
    try await calls.store.ask(caller: Self.ownCaller) { [book] (batch) throws(StoreError) in
      let names = book[batch].intakes.keys.map(\.text).filter { $0 > name }.sorted()
      return Array(names.prefix(ForwardingLimits.pageSize))
    }
  }

  /// Nobody can be authenticated as it: principals have a type and a colon.
  private static let ownCaller = "metrics"

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
    guard let page else { throw ForwardingRefusal.intakeNotFound(field: "business").rpcError }
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

/// Figures of a business, but for the times of orders, which are in the store.
private struct FoundFigures: Sendable {
  private let intake: API.Intake
  private let units: [UnitQueueFigures]

  init(_ stored: StoredIntake, _ batch: Batch) {
    intake = API.Intake(stored, batch)
    units = stored.unitQueues(at: batch.boot)
  }

  /// When the oldest orders of units were given in, by their sequences.
  func times(_ connection: ReadConnection) throws(StoreError) -> [Int64: Timestamp] {
    var times: [Int64: Timestamp] = [:]
    for sequence in Set(units.compactMap(\.oldest)) {
      times[sequence] = try connection.chunk(
        of: OrderFeed.key(intake.business), containing: sequence)?.time
    }
    return times
  }

  func response(_ times: [Int64: Timestamp]) -> GetForwardingFiguresResponse {
    GetForwardingFiguresResponse(
      intake: intake,
      units: units.map { unit in
        UnitFigures(
          unit: unit.name, depth: Int64(unit.depth),
          oldestTime: unit.oldest.flatMap { times[$0] }.map {
            ProtoTimestamp(microseconds: $0.microseconds)
          },
          inPerSecond: unit.rate.came, outPerSecond: unit.rate.left,
          beyondBound: Int64(unit.beyondBound))
      })
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
