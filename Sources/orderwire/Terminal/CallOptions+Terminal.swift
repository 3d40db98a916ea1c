import Messages
import RPC

extension CallOptions {
  /// A person waits so long for an answer.
  static let patient = CallOptions(timeout: .seconds(30))
}

/// A message as a line of JSON. One that came over the wire can be encoded.
func jsonLine(_ message: some Message) -> String { (try? message.json()) ?? "{}" }
