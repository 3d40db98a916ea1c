/// How the numbers of a pool look, as its template says.
struct NumberTemplate: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case literal([UInt8])
    case business
    case timestamp(TimestampPattern)
    case serial(width: Int, radix: Int)
    case check(CheckCharacter)
  }

  var text: String
  var parts: [Part]
}

/// Why a template is refused, and the character of the template at which that shows, from 0.
struct TemplateProblem: Error, Equatable {
  /// The raw value is the machine-readable reason.
  enum Reason: String, CaseIterable, Sendable {
    case empty = "TEMPLATE_EMPTY"
    case tooLong = "TEMPLATE_TOO_LONG"
    case characterNotAllowed = "TEMPLATE_CHARACTER_NOT_ALLOWED"
    case braceNotClosed = "TEMPLATE_BRACE_NOT_CLOSED"
    case braceNotOpened = "TEMPLATE_BRACE_NOT_OPENED"
    case unknownPart = "TEMPLATE_UNKNOWN_PART"
    case timestampPatternInvalid = "TEMPLATE_TIMESTAMP_PATTERN_INVALID"
    case timestampTwice = "TEMPLATE_TIMESTAMP_TWICE"
    case serialMissing = "TEMPLATE_SERIAL_MISSING"
    case serialTwice = "TEMPLATE_SERIAL_TWICE"
    case serialWidthInvalid = "TEMPLATE_SERIAL_WIDTH_INVALID"
    case serialRadixInvalid = "TEMPLATE_SERIAL_RADIX_INVALID"
    case checkInvalid = "TEMPLATE_CHECK_INVALID"
    case checkNotLast = "TEMPLATE_CHECK_NOT_LAST"
    case checkPassesOverSerial = "TEMPLATE_CHECK_PASSES_OVER_SERIAL"
    case periodNotShown = "TEMPLATE_PERIOD_NOT_SHOWN"
    case numberTooLong = "TEMPLATE_NUMBER_TOO_LONG"
  }

  var reason: Reason
  var position: Int

  init(_ reason: Reason, at position: Int) {
    self.reason = reason
    self.position = position
  }
}
