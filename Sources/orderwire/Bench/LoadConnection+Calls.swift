import API
import EventLoop
import RPC

extension LoadConnection {
  /// The number that is taken apart again and again: the first of the pool's template.
  private static let parsed = "B000000000001"

  /// One call of a stream, or two with completing; whether all were answered.
  func call(_ stream: Int) async -> Bool {
    switch plan.method {
    case .parse: return await parse()
    case .submit: return await submit(stream)
    case .allocate, .allocateStream:
      guard plan.completes else { return await allocateOnly() }
      guard let numbers = await allocate() else { return false }
      return await complete(numbers)
    }
  }

  private var holder: String { LoadPlan.holder(index) }

  private func parse() async -> Bool {
    var request = ParseNumberRequest()
    request.business = plan.business
    request.number = Self.parsed
    do {
      _ = try await answered { [request] (channel) async throws(RPCError) in
        try await AllocationServiceClient(channel).parseNumber(request)
      }
      tally.calls += 1
      return true
    } catch {
      tally.failed(error)
      return false
    }
  }

  private func allocate() async -> [AllocatedNumber]? {
    var request = AllocateRequest()
    request.business = plan.business
    request.count = Int32(plan.count)
    request.holder = holder
    request.requestID = requestIDs.next()
    do {
      let answer = try await answered { [request] (channel) async throws(RPCError) in
        try await AllocationServiceClient(channel).allocate(request)
      }
      tally.calls += 1
      tally.allocated += answer.numbers.count
      return answer.numbers
    } catch {
      tally.failed(error)
      if error.mayHaveHappened { tally.unsureAllocated += plan.count }
      return nil
    }
  }

  /// The same where only their count is looked at, and that each has its token.
  private func allocateOnly() async -> Bool {
    do {
      let request = try prepare()
      let count = try await answered { (_) async throws(RPCError) in
        try await allocating.call(request, reading: HandedCheck.count)
      }
      return allocated(count)
    } catch {
      allocationFailed(error)
      return false
    }
  }

  /// An Allocate was answered with so many numbers; whether they are as many as it asked for.
  func allocated(_ count: Int) -> Bool {
    tally.calls += 1
    tally.allocated += count
    if count != plan.count {
      tally.failed(RPCError(.dataLoss, "\(count) numbers, not \(plan.count)"))
    }
    return count == plan.count
  }

  /// An Allocate failed, or its answer can't be read.
  func allocationFailed(_ error: RPCError) {
    tally.failed(error)
    if error.mayHaveHappened { tally.unsureAllocated += plan.count }
  }

  /// The next request.
  func prepare() throws(RPCError) -> [UInt8] {
    var next: PreparedAllocate
    if let prepared { next = prepared } else { next = try PreparedAllocate(plan, holder: holder) }
    prepared = nil
    next.renew(&requestIDs)
    prepared = next
    return next.bytes
  }

  /// Orders with numbers that nobody gave in before; a repetition finds them as they are.
  private func submit(_ stream: Int) async -> Bool {
    do {
      let marks = nextMarks(stream)
      let request = try prepareSubmit(marks)
      verifier?.begin(marks)
      let count = try await answered { (channel) async throws(RPCError) in
        try await BareMethod(
          channel, service: "orderwire.v1.ForwardingService", method: "Submit"
        ).call(request, reading: PreparedSubmit.count)
      }
      tally.calls += 1
      tally.submitted += count
      guard count == plan.count else {
        tally.failed(RPCError(.dataLoss, "\(count) orders, not \(plan.count)"))
        return false
      }
      verifier?.answer(marks)
      return true
    } catch {
      tally.failed(error)
      if error.mayHaveHappened { tally.unsureSubmitted += plan.count }
      return false
    }
  }

  /// The next orders of a stream; none where the load isn't verified.
  private func nextMarks(_ stream: Int) -> [OrderMark] {
    guard verifier != nil else { return [] }
    return (0..<plan.count).map { _ in series[stream].next() }
  }

  private func prepareSubmit(_ marks: [OrderMark]) throws(RPCError) -> [UInt8] {
    var next: PreparedSubmit
    if let preparedSubmit { next = preparedSubmit } else { next = try PreparedSubmit(plan) }
    preparedSubmit = nil
    if let verifier {
      next.renew(marks, verifier.name, at: .current)
    } else {
      next.renew(&requestIDs, at: .current)
    }
    preparedSubmit = next
    return next.bytes
  }

  private func complete(_ numbers: [AllocatedNumber]) async -> Bool {
    var request = CompleteRequest()
    request.business = plan.business
    request.holder = holder
    request.requestID = requestIDs.next()
    request.completions = numbers.map { number in
      var completion = Completion()
      completion.number = number.number
      completion.token = number.token
      return completion
    }
    do {
      let done = try await answered { [request] (channel) async throws(RPCError) in
        try await LockingServiceClient(channel).complete(request)
      }
      tally.calls += 1
      tally.completed += done.numbers.count
      return true
    } catch {
      tally.failed(error)
      if error.mayHaveHappened { tally.unsureCompleted += numbers.count }
      return false
    }
  }
}
