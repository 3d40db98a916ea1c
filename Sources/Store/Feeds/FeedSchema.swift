/// The tables of the feeds. A feed's chunks lie behind one another in the order of their messages:
/// an append is an insert at the end of the feed, and a page is one range.
enum FeedSchema {
  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE feed (
          feed BIGINT NOT NULL PRIMARY KEY,
          business TEXT NOT NULL,
          kind TEXT NOT NULL,
          retention_us BIGINT NOT NULL,
          UNIQUE (business, kind)
        );
        CREATE TABLE feed_chunk (
          feed BIGINT NOT NULL,
          last BIGINT NOT NULL,
          first BIGINT NOT NULL,
          time_us BIGINT NOT NULL,
          payload BLOB NOT NULL,
          PRIMARY KEY (feed, last)
        ) WITHOUT ROWID;
        """)
  ]

  /// Every feed with its ends. Of the chunks only the first and the last of each feed are touched.
  static let feeds = Statement(
    """
    SELECT feed, business, kind, retention_us,
      (SELECT last FROM feed_chunk c WHERE c.feed = f.feed ORDER BY last DESC LIMIT 1),
      (SELECT first FROM feed_chunk c WHERE c.feed = f.feed ORDER BY last DESC LIMIT 1),
      (SELECT first FROM feed_chunk c WHERE c.feed = f.feed ORDER BY last LIMIT 1),
      (SELECT time_us FROM feed_chunk c WHERE c.feed = f.feed ORDER BY last LIMIT 1)
    FROM feed f ORDER BY feed
    """)
  static let addFeed = Statement("INSERT INTO feed VALUES ($1, $2, $3, $4)")
  static let setRetention = Statement("UPDATE feed SET retention_us = $2 WHERE feed = $1")
  static let addChunk = Statement("INSERT INTO feed_chunk VALUES ($1, $2, $3, $4, $5)")

  static let oldest = Statement(
    """
    SELECT last, first, time_us, length(payload) FROM feed_chunk
    WHERE feed = $1 ORDER BY last LIMIT $2
    """)
  static let prune = Statement("DELETE FROM feed_chunk WHERE feed = $1 AND last <= $2")

  /// The chunks after a message, or from the one that holds it on.
  static let page = Statement(
    """
    SELECT c.first, c.last, c.time_us, c.payload FROM feed f JOIN feed_chunk c ON c.feed = f.feed
    WHERE f.business = $1 AND f.kind = $2 AND c.last >= $3 ORDER BY c.last LIMIT $4
    """)
  static let head = Statement(
    """
    SELECT c.last FROM feed f JOIN feed_chunk c ON c.feed = f.feed
    WHERE f.business = $1 AND f.kind = $2 ORDER BY c.last DESC LIMIT 1
    """)
}
