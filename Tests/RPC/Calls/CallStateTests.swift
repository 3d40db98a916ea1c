import Testing

@testable import RPC

/// Each row is the trace of a call's life: what happened, and what the state said to it.
@Suite struct CallStateTests {
  enum Event { case stream, requestEnds, message, returns, fails, closes }

  /// What happened, and the answers; "released" when the call's object may be used again.
  static let traces: [(name: String, events: [Event], answers: [String])] = [
    (
      "unary", [.requestEnds, .message, .message, .returns, .closes],
      ["startHandler", "headers first", "", "send status", "", "released"]
    ),
    (
      "a stream of requests", [.stream, .message, .requestEnds, .returns, .closes],
      ["", "headers first", "wakeReader", "send status", "", "released"]
    ),
    (
      "the handler returns before the request ends", [.stream, .returns, .requestEnds, .closes],
      ["", "send status", "ignore", "", "released"]
    ),
    (
      "failure before the handler", [.fails, .fails, .requestEnds, .closes],
      ["sendStatus", "ignore", "ignore", "", "released"]
    ),
    (
      "failure while the handler runs", [.requestEnds, .fails, .fails, .closes, .returns],
      ["startHandler", "sendStatusAndCancel", "ignore", "", "", "released"]
    ),
    (
      "failure, and the handler returns before the stream closes",
      [.requestEnds, .fails, .returns, .closes],
      ["startHandler", "sendStatusAndCancel", "", "", "released"]
    ),
    ("reset before the handler", [.closes], ["", "released"]),
    (
      "reset while the handler runs: it holds its slot", [.stream, .closes, .fails],
      ["", "cancel", "ignore"]
    ),
    (
      "reset while the handler runs", [.stream, .closes, .fails, .returns],
      ["", "cancel", "ignore", "", "released"]
    ),
    (
      "a request ends once", [.requestEnds, .requestEnds, .returns, .closes],
      ["startHandler", "ignore", "send status", "", "released"]
    ),
  ]

  @Test(arguments: traces.indices)
  func answers(index: Int) {
    let trace = Self.traces[index]
    var state = CallState()
    var answers: [String] = []
    for event in trace.events {
      switch event {
      case .stream:
        state.streamingHandlerStarted()
        answers.append("")
      case .requestEnds: answers.append("\(state.requestEnded())")
      case .message: answers.append(state.messageSent() ? "headers first" : "")
      case .returns: answers.append(state.handlerReturned() ? "send status" : "")
      case .fails: answers.append("\(state.failed())")
      case .closes: answers.append(state.streamClosed() ? "cancel" : "")
      }
    }
    if state.isReleasable { answers.append("released") }
    #expect(answers == trace.answers, "\(trace.name)")
  }

  @Test func respondsOnlyWhileTheHandlerRuns() {
    var state = CallState()
    var can = [state.canRespond]
    _ = state.requestEnded()
    can.append(state.canRespond)
    _ = state.failed()
    can.append(state.canRespond)
    #expect(can == [false, true, false])
  }
}
