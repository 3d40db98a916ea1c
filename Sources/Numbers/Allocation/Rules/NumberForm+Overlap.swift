extension NumberForm {
  /// Which characters can stand at a place of a number.
  private enum Characters {
    case one(UInt8)
    /// The first so many of 0-9, A-Z.
    case digits(Int)

    func intersects(_ other: Characters) -> Bool {
      switch (self, other) {
      case (.digits, .digits): true
      case (.one(let character), .one(let another)): character == another
      case (.one(let character), .digits(let count)), (.digits(let count), .one(let character)):
        base36Value(character).map { $0 < count } ?? false
      }
    }
  }

  private var places: [Characters] {
    template.parts.flatMap { part -> [Characters] in
      switch part {
      case .literal(let bytes): bytes.map { .one($0) }
      case .business: business.utf8.map { .one($0) }
      case .timestamp(let pattern):
        pattern.pieces.flatMap { piece -> [Characters] in
          switch piece {
          case .separator(let character): [.one(character)]
          case .field(let field): Array(repeating: .digits(10), count: field.width)
          }
        }
      case .serial(let width, let radix): Array(repeating: .digits(radix), count: width)
      case .check(.mod11and10): [.digits(10)]
      case .check(.mod37and36): [.digits(36)]
      }
    }
  }

  /// Whether some number might be one of both forms. False is certain: their lengths differ, or
  /// they have a place where no character fits both.
  func mayOverlap(_ other: NumberForm) -> Bool {
    length == other.length && zip(places, other.places).allSatisfy { $0.intersects($1) }
  }
}
