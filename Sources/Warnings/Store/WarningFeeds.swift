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

  /// A chunk of what became of warnings: a message of the watch, of as many events as one has, which can
  /// always be encoded.
  static func chunk(_ events: ArraySlice<API.WarningEvent>) -> [UInt8] {
    WatchWarningsResponse(events: Array(events)).keptBytes
  }
}
