/// A template bound to its business, its time zone and its period: it makes numbers and reads them.
/// All numbers of a form have one length, and every part its fixed place.
final class NumberForm: Sendable {
  let business: String
  let template: NumberTemplate
  let period: SerialPeriod
  let zone: TimeZoneRules
  /// The characters of a number.
  let length: Int
  let serialPosition: Int
  let serialWidth: Int
  let radix: Int64
  /// The highest serial that the width holds.
  let lastSerial: Int64
  /// The serial that each period begins with: 1 or more.
  let firstSerial: Int64
  /// What is shown in place of serials, if not they themselves.
  let permutation: SerialPermutation?
  let check: CheckCharacter?

  init(
    business: String, template: NumberTemplate, period: SerialPeriod, zone: TimeZoneRules,
    firstSerial: Int64 = 1, key: SerialPermutation.Key? = nil
  ) throws(TemplateProblem) {
    self.business = business
    self.template = template
    self.period = period
    self.zone = zone
    var length = 0
    var serial = (position: 0, width: 0, radix: 10)
    var check: CheckCharacter?
    for part in template.parts {
      switch part {
      case .literal(let bytes): length += bytes.count
      case .business: length += business.utf8.count
      case .timestamp(let pattern): length += pattern.width
      case .serial(let width, let radix):
        serial = (length, width, radix)
        length += width
      case .check(let kind):
        check = kind
        length += 1
      }
    }
    guard length <= Limits.numberBytes else {
      throw TemplateProblem(.numberTooLong, at: template.text.utf8.count)
    }
    self.length = length
    self.check = check
    serialPosition = serial.position
    serialWidth = serial.width
    radix = Int64(serial.radix)
    let last = (0..<serial.width).reduce(1) { power, _ in power * Int64(serial.radix) } - 1
    lastSerial = last
    self.firstSerial = firstSerial
    permutation = key.map { SerialPermutation(key: $0, last: last) }
  }

  /// The period that a moment (µs since the Unix epoch) is in.
  func period(at microseconds: Int64) -> Int32 {
    period == .never ? 0 : period.number(of: zone.civil(at: microseconds))
  }

  /// A number made at `microseconds` with zeros in place of serial and check; nil where the
  /// template can't show that year.
  func skeleton(at microseconds: Int64) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    for part in template.parts {
      switch part {
      case .literal(let literal): bytes.append(contentsOf: literal)
      case .business: bytes.append(contentsOf: business.utf8)
      case .timestamp(let pattern):
        let civil = zone.civil(at: microseconds)
        guard pattern.years.contains(civil.year) else { return nil }
        pattern.append(civil, to: &bytes)
      case .serial(let width, _):
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
      case .check: bytes.append(UInt8(ascii: "0"))
      }
    }
    return bytes
  }

  /// Writes what is shown of the serial, and the check over all that is before it, into a copy of a skeleton.
  @inline(__always)
  func fill(_ number: UnsafeMutableBufferPointer<UInt8>, serial: Int64, period: Int32) {
    var rest = permutation?.shown(serial, period: period) ?? serial
    var position = serialPosition + serialWidth
    while position > serialPosition {
      position -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: radix)
      number[position] = base36Digit(Int(digit))
      rest = quotient
    }
    if let check {
      number[length - 1] = check.compute(
        over: number.span.extracting(..<(length - 1)))
    }
  }

  /// The same in a copy of the number with the serial before: nine times in ten one digit differs.
  @inline(__always)
  func fillNext(_ number: UnsafeMutableBufferPointer<UInt8>, serial: Int64, period: Int32) {
    guard permutation == nil else { return fill(number, serial: serial, period: period) }
    var position = serialPosition + serialWidth
    while position > serialPosition {
      position -= 1
      switch number[position] {
      case UInt8(ascii: "9"):
        number[position] = UInt8(ascii: radix == 10 ? "0" : "A")
        if radix != 10 { position = serialPosition }
      case UInt8(ascii: "Z"): number[position] = UInt8(ascii: "0")
      default:
        number[position] &+= 1
        position = serialPosition
      }
    }
    if let check {
      number[length - 1] = check.compute(
        over: number.span.extracting(..<(length - 1)))
    }
  }

  /// The number with a serial, from the skeleton of its moment.
  func number(_ skeleton: [UInt8], serial: Int64, period: Int32) -> String {
    String(unsafeUninitializedCapacity: length) { buffer in
      let number = UnsafeMutableBufferPointer(rebasing: buffer[..<length])
      _ = number.initialize(from: skeleton)
      fill(number, serial: serial, period: period)
      return length
    }
  }

  /// Whether `text` is exactly the number with a serial, from the skeleton of its moment.
  func matches(_ text: String, _ skeleton: [UInt8], serial: Int64, period: Int32) -> Bool {
    guard text.utf8.count == length else { return false }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { number in
      _ = number.initialize(from: skeleton)
      fill(number, serial: serial, period: period)
      let same = text.utf8.withContiguousStorageIfAvailable { bytes in
        for position in 0..<length where bytes[position] != number[position] { return false }
        return true
      }
      return same ?? text.utf8.elementsEqual(number)
    }
  }
}
