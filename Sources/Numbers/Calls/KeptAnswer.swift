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
        var writer = VarintWriter()
        writer.byte(KeptForm.first.rawValue)
        write(pieces, &writer)
        return writer.bytes
      },
      decode: { bytes in
        guard let first = bytes.first, KeptForm(rawValue: first) != nil else {
          return .response(try Response(decoding: bytes))
        }
        var reader = VarintReader(bytes)
        reader.move(to: 1)
        let pieces = try read(&reader)
        guard reader.isAtEnd else { throw EventDamage(position: reader.position) }
        return .pieces(pieces)
      })
  }
}
