internal import API
internal import Calls
internal import Messages
internal import Store

/// What can be followed: what becomes of warnings, one feed for the whole store; and for each business
/// that something about its instructions changed, which whoever attends then asks for.
enum WarningFeeds {
  static let warnings = FeedKey(business: "", kind: "warnings")
  /// A cursor of it is never given out.
  static let instructionsKept = Duration.seconds(60)
  static let somethingChanged: [UInt8] = [1]

  static func instructions(of business: String) -> FeedKey {
    FeedKey(business: business, kind: "instructions")
  }
}

/// The events of one batch: in the feed a message of the watch that has them; for those who watch each in the
/// form in which it goes to clients, made once and shared by all.
struct WarningEventChunk: Sendable {
  /// An event, and what a filter looks at.
  struct Entry: Sendable {
    let business: String
    let kind: Int32
    let severity: Int32
    /// A response with this event alone. Joined, they are one with all of them.
    let bytes: [UInt8]
  }

  /// In order; nil where the chunk can't be read.
  let entries: [Entry]?

  /// `events` are as many as a response has, which can always be encoded.
  static func encode(_ events: ArraySlice<API.WarningEvent>) -> [UInt8] {
    WatchWarningsResponse(events: Array(events)).keptBytes
  }

  init(_ chunk: FeedChunk) {
    guard let events = try? WatchWarningsResponse(decoding: chunk.payload).events,
      events.count == chunk.count
    else {
      entries = nil
      return
    }
    let made = events.compactMap { event -> Entry? in
      guard let warning = event.warning,
        let bytes = try? WatchWarningsResponse(events: [event]).encoded()
      else { return nil }
      return Entry(
        business: warning.business, kind: warning.kind.rawValue,
        severity: warning.severity.rawValue, bytes: bytes)
    }
    entries = made.count == chunk.count ? made : nil
  }
}
