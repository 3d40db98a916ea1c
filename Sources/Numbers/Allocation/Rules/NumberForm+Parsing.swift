/// What a number says of itself.
struct ParsedNumber: Equatable, Sendable {
  var period: Int32
  var serial: Int64
  /// What its timestamp shows, the rest at its beginning.
  var civil: CivilTime?
  var check: UInt8?
}

/// Where a number deviates from a form.
struct NumberProblem: Error, Equatable, Sendable {
  enum Kind: Int, Sendable {
    case length = 1
    case literal
    case timestamp
    case serial
    case check
  }

  var kind: Kind
  /// The first wrong character, from 0.
  var position: Int
}

extension NumberForm {
  /// Takes `text` apart and verifies each part.
  func parse(_ text: String) throws(NumberProblem) -> ParsedNumber {
    let bytes = text.utf8.span
    guard bytes.count == length else {
      throw NumberProblem(kind: .length, position: min(bytes.count, length))
    }
    var parsed = ParsedNumber(period: 0, serial: 0, civil: nil, check: nil)
    var position = 0
    for part in template.parts {
      switch part {
      case .literal(let literal): position = try match(literal.span, bytes, at: position)
      case .business: position = try match(business.utf8.span, bytes, at: position)
      case .timestamp(let pattern):
        switch pattern.parse(bytes, at: position) {
        case .success(let civil): parsed.civil = civil
        case .failure(let wrong):
          throw NumberProblem(kind: .timestamp, position: wrong.position)
        }
        position += pattern.width
      case .serial(let width, _):
        parsed.serial = try serial(bytes, position..<(position + width))
        position += width
      case .check(let kind):
        guard kind.compute(over: bytes.extracting(..<position)) == bytes[position] else {
          throw NumberProblem(kind: .check, position: position)
        }
        parsed.check = bytes[position]
        position += 1
      }
    }
    if let civil = parsed.civil { parsed.period = period.number(of: civil) }
    if let permutation {
      parsed.serial = permutation.serial(parsed.serial, period: parsed.period)
    }
    return parsed
  }

  /// The serial of what may be a number of this form and of a period, without a look at anything
  /// else.
  func serial(of text: String, period: Int32) -> Int64? {
    guard text.utf8.count == length else { return nil }
    let serial = text.utf8.withContiguousStorageIfAvailable { bytes -> Int64? in
      var value: Int64 = 0
      for position in serialPosition..<(serialPosition + serialWidth) {
        guard let digit = base36Value(bytes[position]), digit < radix else { return nil }
        value = value * radix + Int64(digit)
      }
      return value
    }
    guard let serial = serial ?? nil, serial > 0 else { return nil }
    return permutation?.serial(serial, period: period) ?? serial
  }

  private func match(
    _ literal: Span<UInt8>, _ bytes: Span<UInt8>, at position: Int
  ) throws(NumberProblem) -> Int {
    for offset in literal.indices where bytes[position + offset] != literal[offset] {
      throw NumberProblem(kind: .literal, position: position + offset)
    }
    return position + literal.count
  }

  private func serial(
    _ bytes: Span<UInt8>, _ digits: Range<Int>
  ) throws(NumberProblem) -> Int64 {
    let radix = Int(self.radix)
    var value = 0
    for position in digits {
      guard let digit = base36Value(bytes[position]), digit < radix else {
        throw NumberProblem(kind: .serial, position: position)
      }
      value = value * radix + digit
    }
    guard value > 0 else { throw NumberProblem(kind: .serial, position: digits.lowerBound) }
    return Int64(value)
  }
}
