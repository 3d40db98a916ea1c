public import API
internal import Messages
public import RPC

extension AllocationService {
  /// Hands out numbers for each message of a stream.
  public func allocateStream(
    _ requests: RequestStream<AllocateStreamRequest>,
    responses: ResponseWriter<AllocateStreamResponse>, context: ServerContext
  ) async throws(RPCError) {
    // Each request is a child task that writes its own answer. A client that doesn't read makes the
    // writes wait, so the tasks stay in flight and the next request isn't taken.
    let end = await withTaskGroup(of: Int.self) { group -> RPCError? in
      var (inFlight, numbers) = (0, 0)
      var iterator = requests.makeAsyncIterator()
      while true {
        let next: AllocateStreamRequest?
        do throws(RPCError) { next = try await iterator.next() } catch { return error }
        guard let next else { return nil }
        let count = min(max(Int(next.allocate?.count ?? 0), 1), Limits.numbersPerCall)
        while inFlight == Limits.requestsInFlight || numbers + count > Limits.numbersInFlight,
          let done = await group.next()
        {
          inFlight -= 1
          numbers -= done
        }
        inFlight += 1
        numbers += count
        group.addTask {
          await answer(next, responses, context)
          return count
        }
      }
    }
    if let end { throw end }
  }

  private func answer(
    _ request: AllocateStreamRequest, _ responses: ResponseWriter<AllocateStreamResponse>,
    _ context: ServerContext
  ) async {
    var response = AllocateStreamResponse(sequence: request.sequence)
    do throws(RPCError) {
      guard let asked = request.allocate else {
        throw Refusal.messageMissing(field: "allocate").error(in: .allocate)
      }
      response.outcome = .allocated(try await allocate(asked, context: context))
    } catch {
      response.outcome = .refused(error.status)
    }
    // Where it can't be written the call is over, and the reader of its requests learns why.
    do throws(RPCError) { try await responses.write(response) } catch {}
  }
}
