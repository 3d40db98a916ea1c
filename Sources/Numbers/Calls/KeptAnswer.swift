internal import Calls
internal import Messages

/// What a call came to: the pieces of which its service makes the response, or the response itself
/// where it was kept so.
///
/// Pieces are kept behind a byte that no protobuf message begins with, as there is no field 0. What
/// begins otherwise is a response, as servers kept it that knew no pieces.
enum KeptAnswer<Pieces: Sendable, Response: Message>: Sendable {
  case pieces(Pieces)
  case response(Response)
}

/// What pieces begin with: their form, which is the same for ever.
enum KeptForm: UInt8 {
  case first = 1
}

extension KeptAnswer {
  /// Pieces as they are kept.
  static func kept(_ pieces: Pieces, _ write: (Pieces, inout VarintWriter) -> Void) -> [UInt8] {
    var writer = VarintWriter(capacity: keptBytes)
    writer.byte(KeptForm.first.rawValue)
    write(pieces, &writer)
    return writer.bytes
  }

  /// What most answers take at most.
  private static var keptBytes: Int { 64 }

  /// What was kept.
  init(
    kept bytes: [UInt8], _ read: (inout VarintReader) throws(EventDamage) -> Pieces
  ) throws {
    guard let first = bytes.first, KeptForm(rawValue: first) != nil else {
      self = .response(try Response(decoding: bytes))
      return
    }
    var reader = VarintReader(bytes)
    reader.move(to: 1)
    let pieces = try read(&reader)
    guard reader.isAtEnd else { throw EventDamage(position: reader.position) }
    self = .pieces(pieces)
  }
}

extension NumberCalls.Keeping {
  /// The outcome is the response: it is kept as it is sent.
  static func message() -> Self where Outcome: Message {
    Self(encode: { $0.keptBytes }, decode: { try Outcome(decoding: $0) })
  }

  /// Only pieces are kept; what was kept as a response stays one.
  static func pieces<Pieces, Response>(
    write: @escaping @Sendable (Pieces, inout VarintWriter) -> Void,
    read: @escaping @Sendable (inout VarintReader) throws(EventDamage) -> Pieces
  ) -> Self where Outcome == KeptAnswer<Pieces, Response> {
    Self(
      encode: { outcome in
        guard case .pieces(let pieces) = outcome else { return [] }
        return Outcome.kept(pieces, write)
      },
      decode: { try Outcome(kept: $0, read) })
  }
}
