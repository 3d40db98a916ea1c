import Store

@testable import Forwarding

/// A command as it is sent: what it is about is known.
enum ForwardingCall: Sendable {
  case submit([ModelOrder])
  case cancel(ModelOrder, reason: Int)
  case good(String)
  case intake(IntakeSettings)
  case unit(String, codes: [ExactText], ConsumptionSettings?)
  case delete(String, force: Bool)
  case pause(String)
  case resume(String)
  case attach(String, name: String, credits: Int, ConsumerOutbox)
  case leave(String, Int64, isLost: Bool)
  case credits(String, Int64, Int)
  case settle(String, Int64, GivenSettlement)
  case redrive(String, [Int64])
  case purge(String, [Int64])
}

/// What it is answered.
enum ForwardingAnswer: Sendable, Equatable {
  case done
  case submitted([Submitted])
  case version(Int64)
  /// How many orders a deleted unit had, and the version.
  case deleted(Int, version: Int64)
  case attached(Int64)
  case stale([Int64])
  /// Dead letters.
  case left(Int)
  case refused(ForwardingRefusal)
}

extension ForwardingCall {
  static let business = "b"
  private static let capacity = ForwardingCapacity()

  /// Decides it on a server's book. A refusal is an answer.
  func answer(_ book: ForwardingBook, _ batch: Batch) throws(StoreError) -> ForwardingAnswer {
    do throws(ForwardingFailure) { return try decide(book, batch) } catch {
      switch error {
      case .refused(let refusal): return .refused(refusal)
      case .store(let error): throw error
      }
    }
  }

  private func decide(
    _ book: ForwardingBook, _ batch: Batch
  ) throws(ForwardingFailure) -> ForwardingAnswer {
    let business = Self.business
    switch self {
    case .submit(let orders):
      return .submitted(
        try book.submit(business, orders.map { GivenOrder($0.record) }, Self.capacity, batch))
    case .cancel(let order, let reason):
      let submitted = try book.cancel(
        business, order.cancellation(reason).record, of: order.record.items, batch)
      return .submitted([submitted])
    case .good(let good):
      do throws(StoreError) { try Self.put(good, batch) } catch { throw .store(error) }
      return .done
    case .intake(let settings):
      _ = try book.put(business, settings, Self.capacity, batch)
      return .done
    case .unit(let name, let codes, let settings):
      return .version(
        try book.put(business, unit: name, codes: codes, settings: settings, batch).version)
    case .delete(let name, let force):
      let deleted = try book.delete(business, unit: name, force: force, batch)
      return .deleted(deleted.givenUp, version: deleted.version)
    default: return try consume(book, batch)
    }
  }

  private func consume(
    _ book: ForwardingBook, _ batch: Batch
  ) throws(ForwardingFailure) -> ForwardingAnswer {
    let business = Self.business
    switch self {
    case .pause(let unit):
      let pause = UnitPause(since: batch.now.microseconds, reason: "because", principal: "")
      _ = try book.pause(business, unit: unit, pause, batch)
    case .resume(let unit): _ = try book.resume(business, unit: unit, batch)
    case .attach(let unit, let name, let credits, let outbox):
      return .attached(
        try book.attach(business, unit: unit, consumer: name, credits: credits, outbox, batch).id)
    case .leave(let unit, let id, let isLost):
      book.leave(business, unit: unit, id, isLost: isLost, batch)
    case .credits(let unit, let id, let credits):
      try book.setCredits(credits, of: id, business, unit: unit, batch)
    case .settle(let unit, let id, let settlement):
      return .stale(try book.settle(settlement, of: id, business, unit: unit, batch))
    case .redrive(let unit, let sequences):
      return .left(try book.redrive(business, unit: unit, sequences, batch))
    case .purge(let unit, let sequences):
      return .left(try book.purge(business, unit: unit, sequences, batch))
    case .submit, .cancel, .good, .intake, .unit, .delete: break
    }
    return .done
  }
}
