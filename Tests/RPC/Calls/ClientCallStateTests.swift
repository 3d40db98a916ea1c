import Testing

@testable import RPC

/// Each row is the trace of a client's call, and the code that it ends with; nil while it goes on.
@Suite struct ClientCallStateTests {
  enum Event {
    case headers(http: Int?, grpc: Bool)
    case status(StatusCode)
    case end
    case fails(StatusCode)
  }

  static let answered = Event.headers(http: 200, grpc: true)

  static let traces: [(name: String, events: [Event], code: StatusCode?)] = [
    ("nothing yet", [], nil),
    ("headers", [answered], nil),
    ("well", [answered, .status(.ok), .end, .fails(.internal)], .ok),
    ("trailers only", [.status(.notFound), answered, .end], .notFound),
    (
      "a proxy's answer with a status", [.status(.aborted), .headers(http: 503, grpc: true)],
      .aborted
    ),
    ("no status", [answered, .end], .unknown),
    ("a proxy's answer", [.headers(http: 503, grpc: false), .end], .unavailable),
    ("a web server's answer", [.headers(http: 404, grpc: false), .status(.ok)], .unimplemented),
    ("not gRPC", [.headers(http: 200, grpc: false), .end], .unknown),
    ("no HTTP status", [.headers(http: nil, grpc: true)], .unknown),
    ("cancelled first", [.fails(.cancelled), answered, .status(.ok)], .cancelled),
    ("cancelled last", [answered, .status(.ok), .fails(.cancelled)], .ok),
    ("reset", [answered, .fails(.unavailable)], .unavailable),
  ]

  @Test(arguments: traces.indices)
  func ends(index: Int) {
    let trace = Self.traces[index]
    var state = ClientCallState()
    for event in trace.events {
      switch event {
      case .headers(let http, let grpc): state.headersReceived(httpStatus: http, isGRPC: grpc)
      case .status(.ok): state.statusReceived(.success(()))
      case .status(let code): state.statusReceived(.failure(RPCError(code, "")))
      case .end: state.responseEnded()
      case .fails(let code): _ = state.failed(RPCError(code, ""))
      }
    }
    let code = state.hasEnded ? state.failure?.code ?? .ok : nil
    #expect(code == trace.code, "\(trace.name)")
  }
}
