public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.WarningService` and the book.
public struct WarningService: WarningServiceProtocol {
  let calls: WarningCalls

  /// The service of a store that was opened with `NumberState` and, after it, `WarningBook`.
  public init(_ store: DurableStore) { calls = WarningCalls(store) }

  /// Takes signals in.
  public func reportSignals(
    _ request: ReportSignalsRequest, context: ServerContext
  ) async throws(RPCError) -> ReportSignalsResponse {
    let signals = try Self.checked(request.business, request.signals)
    return try await calls.change(
      StoreCalls.Change(
        request, "ReportSignals", of: request.business, context,
        rows: 2 * signals.count)
    ) { (book, batch) throws(WarningFailure) in
      let outcome = try book.report(request.business, signals, batch)
      return ReportSignalsResponse(
        raised: outcome.raised, cleared: outcome.cleared, repeatable: request.isRepeatable)
    }
  }

  /// Takes signals in, message after message.
  public func reportSignalStream(
    _ requests: RequestStream<ReportSignalStreamRequest>, context: ServerContext
  ) async throws(RPCError) -> ReportSignalStreamResponse {
    var response = ReportSignalStreamResponse()
    do throws(RPCError) {
      for try await request in requests {
        _ = try await reportSignals(
          ReportSignalsRequest(
            business: request.business, signals: request.signals, requestID: request.requestID),
          context: context)
        response.messages += 1
        response.signals += Int64(request.signals.count)
      }
    } catch {
      throw error.adding(metadata: ["message": "\(response.messages)"])
    }
    return response
  }

  private static func checked(
    _ business: String, _ signals: [API.Signal]
  ) throws(RPCError) -> [ReportedSignal] {
    do throws(WarningRefusal) {
      guard isBusiness(business) else { throw .businessInvalid(field: "business") }
      guard (1...WarningLimits.signalsPerCall).contains(signals.count) else {
        throw .signalsOutOfRange
      }
      var checked: [ReportedSignal] = []
      for (place, signal) in signals.enumerated() {
        checked.append(try ReportedSignal(signal, "signals[\(place)]"))
      }
      return checked
    } catch {
      throw error.rpcError
    }
  }

  /// Forecasts the stock and the period's serials.
  public func getForecast(
    _ request: GetForecastRequest, context: ServerContext
  ) async throws(RPCError) -> GetForecastResponse {
    try await calls.ask(context) { (book, batch) throws(WarningFailure) in
      guard let figures = book.numbers(batch)?.figures(of: request.business, batch) else {
        throw .refused(
          isBusiness(request.business) ? .poolNotFound : .businessInvalid(field: "business"))
      }
      let stock = figures.remainingInPool
      let period = stock + figures.remainingInPeriod
      let now = batch.now.microseconds
      return GetForecastResponse(
        stock: API.Forecast(book.forecast(of: stock, request.business, batch), of: stock, at: now),
        period: API.Forecast(
          book.forecast(of: period, request.business, batch), of: period, at: now))
    }
  }
}

extension ReportedSignal {
  init(_ signal: API.Signal, _ field: String) throws(WarningRefusal) {
    guard let kind = SignalKind(rawValue: signal.kind.rawValue) else {
      throw .kindInvalid(field: "\(field).kind")
    }
    guard kind.isReported else { throw .kindNotReported(field: "\(field).kind") }
    guard signal.source.utf8.count <= WarningLimits.sourceBytes else {
      throw .sourceTooLong(field: "\(field).source")
    }
    guard signal.value.isFinite else { throw .valueNotFinite(field: "\(field).value") }
    self.init(
      kind: kind, source: signal.source, value: signal.value,
      time: signal.time.map { $0.microseconds })
  }
}

extension API.Forecast {
  init(_ forecast: Warnings.Forecast, of remaining: Int64, at now: Int64) {
    self.init(remaining: remaining)
    func time(_ after: Int64?) -> ProtoTimestamp? {
      after.map { ProtoTimestamp(microseconds: now + min($0, Int64.max / 4)) }
    }
    switch forecast.outlook {
    case .unknown: return
    case .lasts: outlook = .lasts
    case .exhausted(let after):
      outlook = .exhausted
      exhaustTime = time(after)
    }
    earliestTime = time(forecast.earliest)
    latestTime = time(forecast.latest)
    windowStartTime = ProtoTimestamp(microseconds: forecast.windowStart)
    windowEndTime = ProtoTimestamp(microseconds: forecast.windowEnd)
    windowCount = forecast.windowCount
    rate = forecast.perSecond
    patternDays = Int32(forecast.patternDays)
    usualError = forecast.usualError
    scored = Int32(forecast.scores)
  }
}
