import ArgumentParser
import EventLoop

/// What a load calls.
enum LoadMethod: String, CaseIterable, Sendable, ExpressibleByArgument {
  /// Numbers are handed out, durably.
  case allocate
  /// The same on one stream of each connection, with as many requests in flight as it would have calls.
  case allocateStream = "allocate-stream"
  /// A number is taken apart, which touches no storage.
  case parse
  /// Orders are given in for forwarding, durably.
  case submit

  var name: String {
    switch self {
    case .allocate: "Allocate"
    case .allocateStream: "AllocateStream"
    case .parse: "ParseNumber"
    case .submit: "Submit"
    }
  }
}

/// What load to make, and when each call of it is due.
struct LoadPlan: Sendable {
  var method = LoadMethod.allocate
  var business: String
  /// Numbers in one Allocate, orders in one Submit.
  var count: Int
  /// Whether what was allocated is completed by a second call.
  var completes: Bool
  var connections: Int
  var streams: Int
  var warmup: Duration
  var measured: Duration
  /// Calls of one kind that are made at most; nil for as many as there is time for.
  var calls: Int?
  /// Calls a second over all connections in open loop; nil is closed loop, where each stream makes its next
  /// call when it has the answer to the last.
  var rate: Double?
  /// Whether a connection that the server ended is replaced, and what failed on it is called again.
  var reconnects = false
  /// Units that get every order of a load, and of which nobody consumes.
  var idleUnits = 0
  /// Whether orders are held against what consumers get.
  var verifiesOrders = false

  /// Nothing but allocations, each as soon as its stream has the answer to the last.
  var isPlain: Bool { method == .allocate && !completes && rate == nil && !reconnects }

  /// How many calls a connection makes at most: its share, and the first ones have what doesn't divide.
  func share(of connection: Int) -> Int {
    calls.map { ($0 + connections - 1 - connection) / connections } ?? .max
  }

  /// Who takes numbers: each connection is one.
  var holders: [String] { (0..<connections).map { Self.holder($0) } }

  static func holder(_ connection: Int) -> String { "bench-\(connection)" }

  /// When the call of this number (from 0) is due. It is so whatever became of the calls before: a latency is
  /// counted from here, or a server that stands still would be asked less just then and look well.
  func due(call number: Int, start: MonotonicTime) -> MonotonicTime? {
    rate.map { start.advanced(by: .seconds(Double(number) / $0)) }
  }
}
