public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

extension WarningService {
  /// Tells an attendant what to do, and takes its answers.
  public func attend(
    _ requests: RequestStream<AttendRequest>, responses: ResponseWriter<AttendResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    var messages = requests.makeAsyncIterator()
    guard case .attendance(let attendance)? = try await messages.next()?.said else {
      throw WarningRefusal.attendanceMissing.rpcError
    }
    let session = try Attending(calls, attendance, responses, context)
    // Whichever ends first ends the other: the attendant has left, or can't be told any more.
    let outcome = await withTaskGroup(of: Result<Void, RPCError>.self) { group in
      group.addTask { await Self.outcome { () throws(RPCError) in try await session.tell() } }
      group.addTask {
        await Self.outcome { () throws(RPCError) in try await session.listen(to: requests) }
      }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    try outcome.get()
  }

  private static func outcome(
    _ body: () async throws(RPCError) -> Void
  ) async -> Result<Void, RPCError> {
    do throws(RPCError) {
      try await body()
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}

/// One attendant on its stream.
private struct Attending: Sendable {
  private let calls: WarningCalls
  private let key: AttendantKey
  private let settings: WatchSettings
  private let responses: ResponseWriter<AttendResponse>
  private let context: ServerContext

  init(
    _ calls: WarningCalls, _ attendance: Attendance, _ responses: ResponseWriter<AttendResponse>,
    _ context: ServerContext
  ) throws(RPCError) {
    guard isBusiness(attendance.business) else {
      throw WarningRefusal.businessInvalid(field: "attendance.business").rpcError
    }
    guard let attendant = attendance.attendant, attendant.isInOrder else {
      throw WarningRefusal.attendantInvalid(field: "attendance.attendant").rpcError
    }
    do throws(WatchRefusal) {
      settings = try WatchSettings(progressInterval: attendance.progressInterval?.microseconds)
    } catch {
      throw error.rpcError(in: "attendance.")
    }
    key = AttendantKey(business: attendance.business, attendant)
    self.calls = calls
    self.responses = responses
    self.context = context
  }

  /// Sends every open instruction, then each that is new or repeated, for as long as the stream is.
  ///
  /// Nothing is queued for an attendant: it is told that something changed, and asks for what is open.
  func tell() async throws(RPCError) {
    let reader: FeedReader
    do throws(FeedError) {
      reader = try calls.store.follow(WarningFeeds.instructions(of: key.business), from: .now)
    } catch {
      throw error.rpcError()
    }
    var position = reader.start
    var attempts: [Int64: Int32] = [:]
    // The first response, so that the attendant knows that it is heard.
    var isFirst = true
    while true {
      let open = try await calls.ask(context) { [key] (book, _) throws(WarningFailure) in
        book.openInstructions(of: key)
      }
      let news = open.filter { attempts[$0.id] != $0.attempt && $0.state == .sent }
      attempts = Dictionary(open.map { ($0.id, $0.attempt) }) { $1 }
      var rest = isFirst ? open[...] : news[...]
      if rest.isEmpty, isFirst { try await responses.write(AttendResponse()) }
      while !rest.isEmpty {
        let page = rest.prefix(WarningLimits.instructionsPerResponse)
        try await responses.write(AttendResponse(instructions: Array(page)))
        rest = rest.dropFirst(page.count)
      }
      isFirst = false
      position = try await waitForChange(reader, after: position)
    }
  }

  private func waitForChange(
    _ reader: FeedReader, after position: Int64
  ) async throws(RPCError) -> Int64 {
    while true {
      do throws(FeedError) {
        let chunks = try await reader.next(
          after: position, until: calls.store.boot + .microseconds(settings.progressInterval))
        if let last = chunks.last { return last.last }
      } catch {
        // What was told is kept for a minute only; whoever was slower asks for all there is.
        if case .cursor(.tooOld(let oldest)) = error { return oldest }
        throw error.rpcError()
      }
      try await responses.write(AttendResponse())
    }
  }

  /// Takes answers until the attendant leaves.
  func listen(to requests: RequestStream<AttendRequest>) async throws(RPCError) {
    for try await request in requests {
      let answer: API.Answer
      switch request.said {
      case .answer(let given): answer = given
      case .attendance: throw WarningRefusal.attendanceTwice.rpcError
      case nil: throw WarningRefusal.messageMissing(field: "answer").rpcError
      }
      switch try await take(answer) {
      case .success(let instruction):
        try await responses.write(AttendResponse(answered: [instruction]))
      case .failure(let refusal):
        let error = refusal.rpcError
        try await responses.write(
          AttendResponse(
            refused: AnswerRefusal(
              instruction: answer.instruction, reason: error.errorInfo?.reason ?? "",
              message: error.message)))
      }
    }
  }

  private func take(
    _ answer: API.Answer
  ) async throws(RPCError) -> Result<API.Instruction, WarningRefusal> {
    guard let state = InstructionAnswer(rawValue: answer.state.rawValue) else {
      return .failure(.answerInvalid)
    }
    guard answer.note.utf8.count <= WarningLimits.noteBytes else {
      return .failure(.noteTooLong(field: "answer.note"))
    }
    let principal = try context.principal
    return try await calls.change(context, rows: StoreCalls.usualRows) {
      [key] (book, batch) throws(WarningFailure) in
      try book.answer(
        answer.instruction, state, note: answer.note, principal: principal, from: key, batch)
    }
  }
}
