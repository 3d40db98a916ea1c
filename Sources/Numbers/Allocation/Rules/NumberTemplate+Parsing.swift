extension NumberTemplate {
  /// Parses `text`, and checks that its numbers are fit for serials that start again with `period`.
  init(parsing text: String, period: SerialPeriod) throws(TemplateProblem) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { throw TemplateProblem(.empty, at: 0) }
    guard bytes.count <= Limits.templateBytes else {
      throw TemplateProblem(.tooLong, at: Limits.templateBytes)
    }
    self.init(text: text, parts: [])
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "{"):
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
          throw TemplateProblem(.braceNotClosed, at: position)
        }
        let part = try Self.part(bytes[(position + 1)..<end])
        try check(part, canFollowAt: position)
        parts.append(part)
        position = end + 1
      case UInt8(ascii: "}"):
        throw TemplateProblem(.braceNotOpened, at: position)
      default:
        let literal = bytes[position...].prefix {
          $0 > 0x20 && $0 < 0x7B || $0 == 0x7C || $0 == 0x7E
        }
        guard !literal.isEmpty else {
          throw TemplateProblem(.characterNotAllowed, at: position)
        }
        try check(.literal([]), canFollowAt: position)
        parts.append(.literal(Array(literal)))
        position += literal.count
      }
    }
    try checkWhole(period, length: bytes.count)
  }

  /// The part between two braces.
  private static func part(_ body: ArraySlice<UInt8>) throws(TemplateProblem) -> Part {
    let colon = body.firstIndex(of: UInt8(ascii: ":"))
    let name = body[..<(colon ?? body.endIndex)]
    let argument = colon.map { body[($0 + 1)...] } ?? body[body.endIndex...]
    switch String(decoding: name, as: UTF8.self) {
    case "business" where colon == nil: return .business
    case "timestamp": return .timestamp(try TimestampPattern(parsing: argument))
    case "serial": return try serial(argument)
    case "check":
      switch String(decoding: argument, as: UTF8.self) {
      case "11,10": return .check(.mod11and10)
      case "37,36": return .check(.mod37and36)
      default: throw TemplateProblem(.checkInvalid, at: argument.startIndex)
      }
    default: throw TemplateProblem(.unknownPart, at: body.startIndex)
    }
  }

  private static func serial(_ argument: ArraySlice<UInt8>) throws(TemplateProblem) -> Part {
    let comma = argument.firstIndex(of: UInt8(ascii: ","))
    var radix = 10
    if let comma {
      guard let given = decimal(argument[(comma + 1)...]), given == 10 || given == 36 else {
        throw TemplateProblem(.serialRadixInvalid, at: comma + 1)
      }
      radix = given
    }
    let most = radix == 10 ? Limits.decimalSerialWidth : Limits.base36SerialWidth
    let digits = argument[..<(comma ?? argument.endIndex)]
    guard !digits.isEmpty, let width = decimal(digits), (1...most).contains(width) else {
      throw TemplateProblem(.serialWidthInvalid, at: argument.startIndex)
    }
    return .serial(width: width, radix: radix)
  }

  private func check(_ part: Part, canFollowAt position: Int) throws(TemplateProblem) {
    if case .check = parts.last { throw TemplateProblem(.checkNotLast, at: position) }
    switch part {
    case .timestamp:
      if timestamp != nil { throw TemplateProblem(.timestampTwice, at: position) }
    case .serial:
      if serial != nil { throw TemplateProblem(.serialTwice, at: position) }
    case .literal, .business, .check: break
    }
  }

  private func checkWhole(_ period: SerialPeriod, length: Int) throws(TemplateProblem) {
    guard let serial else { throw TemplateProblem(.serialMissing, at: length) }
    // A check that passes over letters wouldn't protect a serial that has them.
    if case .check(.mod11and10) = parts.last, serial.radix == 36 {
      throw TemplateProblem(.checkPassesOverSerial, at: length)
    }
    guard timestamp?.shows(period) ?? (period == .never) else {
      throw TemplateProblem(.periodNotShown, at: length)
    }
  }

  /// The only timestamp.
  var timestamp: TimestampPattern? {
    for case .timestamp(let pattern) in parts { return pattern }
    return nil
  }

  /// The only serial.
  var serial: (width: Int, radix: Int)? {
    for case .serial(let width, let radix) in parts { return (width, radix) }
    return nil
  }
}

extension TimestampPattern {
  /// Parses the pattern of a template; positions count from the template's beginning.
  init(parsing pattern: ArraySlice<UInt8>) throws(TemplateProblem) {
    pieces = []
    var rest = pattern
    while let first = rest.first {
      let field = Field.allCases.first { rest.starts(with: $0.rawValue.utf8) }
      if let field, !has(field) {
        pieces.append(.field(field))
        rest = rest.dropFirst(field.width)
      } else if "-_.:/".utf8.contains(first) {
        pieces.append(.separator(first))
        rest = rest.dropFirst()
      } else {
        throw TemplateProblem(.timestampPatternInvalid, at: rest.startIndex)
      }
    }
    if !pieces.contains(where: { if case .field = $0 { true } else { false } }) {
      throw TemplateProblem(.timestampPatternInvalid, at: pattern.startIndex)
    }
    // Two forms of a year, or a day of the year beside a month or a day, could contradict.
    if has(.year) && has(.yearOfCentury) || has(.dayOfYear) && (has(.month) || has(.day)) {
      throw TemplateProblem(.timestampPatternInvalid, at: pattern.startIndex)
    }
  }
}
