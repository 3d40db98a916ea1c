public import Messages
public import RPC

/// A feed as a capability shows it to one who watches: what its payloads mean, which of its events are
/// wanted, and what they are on the wire. All else about a watch is the same for every feed, and is in
/// `FeedWatch`.
///
/// A response has its events in field 1, repeated, and its cursor in another.
public protocol WatchedFeed: Sendable {
  /// What a client gets.
  associatedtype Response: Message
  /// One of the events in it.
  associatedtype Event: Message
  /// Whose latest event is told where events are conflated.
  associatedtype Key: Hashable & Sendable
  /// What filters look at.
  associatedtype Facts: Sendable
  /// What of a chunk isn't read yet.
  associatedtype Reading: Sendable

  /// The whole of a chunk's payload; nil if it is damaged.
  func begin(_ payload: [UInt8]) -> Reading?

  /// The next messages of a chunk, which have these sequences: those that are events. The same for all who
  /// watch; filters come later.
  func events(
    _ sequences: ClosedRange<Int64>, of reading: inout Reading
  ) throws(WatchProblem) -> [WatchedEvent<Event, Key, Facts>]

  /// A response without events.
  func response(cursor: String, isProgress: Bool) -> Response

  /// Whether every event is wanted.
  var takesAll: Bool { get }
  /// Whether an event is of something that is wanted, whatever became of it.
  func follows(_ facts: Facts) -> Bool
  /// Whether what became of it is wanted: asked only of what `follows` takes, and where events are
  /// conflated only of the latest.
  func shows(_ facts: Facts) -> Bool

  /// Learns what it must know of events that are newer than itself.
  mutating func renew() async throws(RPCError)
}

extension WatchedFeed {
  /// Filters look only at what stays the same.
  public func shows(_: Facts) -> Bool { true }

  /// There is nothing to learn.
  public mutating func renew() async throws(RPCError) {}
}

/// One event of a feed, for all who watch it.
public struct WatchedEvent<Event: Message, Key: Hashable & Sendable, Facts: Sendable>: Sendable {
  /// Its place in the feed.
  public var sequence: Int64
  /// What a client gets.
  public var message: Event
  /// Whose latest event is told where events are conflated.
  public var key: Key
  /// What filters look at.
  public var facts: Facts

  /// The event with this sequence.
  public init(sequence: Int64, message: Event, key: Key, facts: Facts) {
    self.sequence = sequence
    self.message = message
    self.key = key
    self.facts = facts
  }
}

/// Why events can't be shown.
public enum WatchProblem: Error, Sendable {
  /// They are newer than what the feed knows: once it is renewed, they can be.
  case outdated
  /// They can't be read, or can't be put into a message.
  case damaged
}
