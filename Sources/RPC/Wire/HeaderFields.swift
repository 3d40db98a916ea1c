internal import HTTP2
internal import Messages

extension Metadata {
  /// The entries as header fields to send.
  var headerFields: [HeaderField] {
    var fields: [HeaderField] = []
    fields.reserveCapacity(count)
    forEachEntry { key, value in
      fields.append(HeaderField(.bytes(Array(key)), .bytes(Array(value))))
    }
    return fields
  }
}

extension RPCError {
  /// The status, its details and the trailing metadata as header fields to send.
  var headerFields: [HeaderField] {
    var fields = [HeaderField("grpc-status", .string(String(code.rawValue)))]
    let text = message.clipped(toUTF8: Limits.statusMessageBytes)
    if !text.isEmpty {
      fields.append(HeaderField("grpc-message", .bytes(PercentEncoding.encode(text))))
    }
    if let details = packedDetails(message: text), details.count <= Limits.statusDetailsBytes {
      fields.append(HeaderField("grpc-status-details-bin", .bytes(Base64.encode(details))))
    }
    if let pushback = retryPushbackMilliseconds {
      fields.append(HeaderField("grpc-retry-pushback-ms", .string(String(pushback))))
    }
    return fields + trailers.headerFields
  }

  /// What `RetryInfo` says, for clients that retry by themselves (gRFC A6): rounded up, because a retry
  /// that comes too early is for nothing, and never negative, which would forbid any.
  private var retryPushbackMilliseconds: Int64? {
    guard let delay = retryInfo?.retryDelay else { return nil }
    let seconds = min(max(delay.seconds, 0), Limits.retryPushbackSeconds)
    return seconds * 1000 + (Int64(max(delay.nanos, 0)) + 999_999) / 1_000_000
  }
}

extension String {
  /// As many whole characters from the start as fit into `limit` bytes.
  fileprivate func clipped(toUTF8 limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(utf8.startIndex, offsetBy: limit)
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
