/// How a number shows the moment at which it was made.
struct TimestampPattern: Sendable, Equatable {
  /// A piece of the pattern; its raw value is how templates write it.
  enum Field: String, Sendable, CaseIterable {
    case year = "yyyy"
    case dayOfYear = "DDD"
    case millisecond = "SSS"
    case yearOfCentury = "yy"
    case month = "MM"
    case day = "dd"
    case hour = "HH"
    case minute = "mm"
    case second = "ss"

    var width: Int { rawValue.utf8.count }
  }

  enum Piece: Sendable, Equatable {
    case field(Field)
    case separator(UInt8)
  }

  var pieces: [Piece]

  /// The characters it takes in a number.
  var width: Int {
    pieces.reduce(0) { width, piece in
      if case .field(let field) = piece { width + field.width } else { width + 1 }
    }
  }

  func has(_ field: Field) -> Bool { pieces.contains(.field(field)) }

  /// Whether two moments of different periods always look different.
  func shows(_ period: SerialPeriod) -> Bool {
    let year = has(.year) || has(.yearOfCentury)
    return switch period {
    case .never: true
    case .yearly: year
    case .monthly: year && (has(.month) || has(.dayOfYear))
    case .daily: year && (has(.month) && has(.day) || has(.dayOfYear))
    }
  }

  /// The years that it can show.
  var years: ClosedRange<Int> { has(.yearOfCentury) ? 2_000...2_099 : 1_970...9_999 }

  /// Writes the civil time at the end of `bytes`; its year is in `years`.
  func append(_ civil: CivilTime, to bytes: inout [UInt8]) {
    for piece in pieces {
      switch piece {
      case .separator(let character): bytes.append(character)
      case .field(let field):
        var value = civil[field]
        let end = bytes.count + field.width
        bytes.append(contentsOf: repeatElement(0, count: field.width))
        for position in stride(from: end - 1, through: end - field.width, by: -1) {
          bytes[position] = UInt8(ascii: "0") + UInt8(value % 10)
          value /= 10
        }
      }
    }
  }

  /// Reads the civil time that the `characters` from `start` on, as many as `width`, show; what they
  /// don't show is at its beginning. Or the index of the first wrong character.
  func parse(_ characters: Span<UInt8>, at start: Int) -> Result<CivilTime, WrongCharacter> {
    var civil = CivilTime(year: 1_970, month: 1, day: 1)
    var dayOfYear: Int?
    var position = start
    for piece in pieces {
      switch piece {
      case .separator(let character):
        guard characters[position] == character else {
          return .failure(WrongCharacter(position: position))
        }
        position += 1
      case .field(let field):
        var value = 0
        for _ in 0..<field.width {
          guard let digit = base36Value(characters[position]), digit < 10 else {
            return .failure(WrongCharacter(position: position))
          }
          value = value * 10 + digit
          position += 1
        }
        if field == .dayOfYear { dayOfYear = value } else { civil[field] = value }
      }
    }
    if let dayOfYear { apply(dayOfYear: dayOfYear, to: &civil) }
    guard civil.exists, years.contains(civil.year), dayOfYear.map({ $0 == civil.dayOfYear }) ?? true
    else { return .failure(WrongCharacter(position: start)) }
    return .success(civil)
  }

  private func apply(dayOfYear: Int, to civil: inout CivilTime) {
    let first = CivilTime(year: civil.year, month: 1, day: 1).daysSinceEpoch
    let date = CivilTime(daysSinceEpoch: first + dayOfYear - 1)
    if !has(.month) { civil.month = date.month }
    if !has(.day) { civil.day = date.day }
  }
}

/// The index of a character that can't stand where it stands.
struct WrongCharacter: Error, Equatable {
  var position: Int
}

extension CivilTime {
  /// The value that a pattern's field shows. Setting the day of the year has no effect.
  fileprivate subscript(_ field: TimestampPattern.Field) -> Int {
    get {
      switch field {
      case .year: year
      case .yearOfCentury: year % 100
      case .dayOfYear: dayOfYear
      case .month: month
      case .day: day
      case .hour: hour
      case .minute: minute
      case .second: second
      case .millisecond: millisecond
      }
    }
    set {
      switch field {
      case .year: year = newValue
      case .yearOfCentury: year = 2_000 + newValue
      case .dayOfYear: break
      case .month: month = newValue
      case .day: day = newValue
      case .hour: hour = newValue
      case .minute: minute = newValue
      case .second: second = newValue
      case .millisecond: millisecond = newValue
      }
    }
  }
}
