import API
import EventLoop
import RPC

// AllocateStream: one stream a connection, with as many requests in flight as other methods have calls.
extension LoadConnection {
  private typealias Stream = ClientStream<AllocateStreamRequest, AllocateStreamResponse>

  /// Asks on a stream until the plan's end, in closed loop: each time that an answer comes.
  func runStream(start: MonotonicTime) async -> LoadTally {
    var inFlight = 0
    do throws(RPCError) {
      let stream = try await AllocationServiceClient(channel).allocateStream()
      do throws(RPCError) {
        try await ask(on: stream, start, &inFlight)
      } catch {
        stream.cancel()
        throw error
      }
      stream.endSending()
      while try await stream.next() != nil {}
    } catch {
      tally.failed(error)
      // Whatever one request failed with, those behind it may have happened.
      tally.unsureAllocated += plan.count * inFlight
    }
    return tally
  }

  private func ask(
    on stream: Stream, _ start: MonotonicTime, _ inFlight: inout Int
  ) async throws(RPCError) {
    let measuring = start.advanced(by: plan.warmup)
    let end = measuring.advanced(by: plan.measured)
    var left = plan.share(of: index)
    // When the request of each place in flight was sent: an answer's sequence names its place.
    var sent = Array(repeating: start, count: plan.streams)
    for place in 0..<min(plan.streams, left) {
      sent[place] = MonotonicTime.current
      inFlight += 1
      left -= 1
      try await stream.send(request(place))
    }
    while inFlight > 0 {
      guard let answer = try await stream.next() else {
        throw RPCError(.dataLoss, "the stream ended before the answers")
      }
      inFlight -= 1
      let now = MonotonicTime.current
      guard let place = Int(exactly: answer.sequence), sent.indices.contains(place) else {
        throw RPCError(.dataLoss, "an answer to nothing that was asked")
      }
      if try take(answer), sent[place] >= measuring {
        tally.latencies.record(Int(sent[place].duration(to: now).saturatedNanoseconds))
      }
      guard now < end, left > 0 else { continue }
      sent[place] = now
      inFlight += 1
      left -= 1
      try await stream.send(request(place))
    }
  }

  /// Whether an answer has the numbers that were asked for.
  private func take(_ answer: AllocateStreamResponse) throws(RPCError) -> Bool {
    switch answer.outcome {
    case .allocated(let handed): return allocated(handed.numbers.count)
    case .refused(let status):
      throw RPCError(StatusCode(rawValue: Int(status.code)) ?? .unknown, status.message)
    case nil: throw RPCError(.dataLoss, "an answer that says nothing")
    }
  }

  private func request(_ place: Int) -> AllocateStreamRequest {
    AllocateStreamRequest(
      sequence: Int64(place),
      allocate: AllocateRequest(
        business: plan.business, count: Int32(plan.count), holder: LoadPlan.holder(index),
        requestID: requestIDs.next()))
  }
}
