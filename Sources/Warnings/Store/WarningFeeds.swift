internal import API
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

/// The events of one batch, as the feed has them: a message of the watch, whose events they are.
struct WarningEventChunk: Sendable {
  let events: [API.WarningEvent]

  static func encode(_ events: [API.WarningEvent]) -> [UInt8] {
    (try? WatchWarningsResponse(events: events).encoded()) ?? []
  }

  init(_ chunk: FeedChunk) {
    events = (try? WatchWarningsResponse(decoding: chunk.payload).events) ?? []
  }
}
