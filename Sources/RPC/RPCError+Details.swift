internal import Messages

extension RPCError {
  /// `google.rpc.Status` with the details packed; nil when there are none.
  func packedDetails(message: String) -> [UInt8]? {
    nil
  }

  mutating func unpackDetails(_ bytes: [UInt8]) {}

  /// Why a message of the client's could not be read.
  init(malformed failure: DecodingFailure) {
    self.init(.invalidArgument, "the request can't be decoded: \(failure)")
  }
}
