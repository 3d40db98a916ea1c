/// Why a stream or connection was ended (RFC 9113 section 7).
public struct HTTP2ErrorCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let noError = HTTP2ErrorCode(rawValue: 0x0)
  public static let protocolError = HTTP2ErrorCode(rawValue: 0x1)
  public static let internalError = HTTP2ErrorCode(rawValue: 0x2)
  public static let flowControlError = HTTP2ErrorCode(rawValue: 0x3)
  public static let streamClosed = HTTP2ErrorCode(rawValue: 0x5)
  public static let refusedStream = HTTP2ErrorCode(rawValue: 0x7)
  public static let cancel = HTTP2ErrorCode(rawValue: 0x8)
  public static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 0xb)
  public static let inadequateSecurity = HTTP2ErrorCode(rawValue: 0xc)
}

/// How a stream came to its end.
public enum StreamClose: Sendable, Hashable {
  /// Both sides ended it.
  case complete
  /// One side reset it.
  case reset(HTTP2ErrorCode)
  /// The connection went away under it.
  case connectionLost
}
