/// A number taken apart.
struct NumberView: Sendable, Equatable {
  var template: String
  /// Wall clock, µs.
  var moment: Int64?
  var period: String
  var serial: Int64
  var check: String

  /// Takes `number` apart by the form it fits, or says how it deviates.
  init(_ number: String, among forms: [NumberForm]) throws(NumberProblem) {
    let (place, parsed) = try forms.identify(number)
    let form = forms[place]
    template = form.template.text
    moment = parsed.civil.flatMap { civil in
      // Without a year the time belongs to no day.
      form.template.timestamp.map { $0.shows(.yearly) } ?? false
        ? form.zone.second(of: civil) * 1_000_000 + Int64(civil.millisecond) * 1_000 : nil
    }
    period = form.period.text(parsed.period)
    serial = parsed.serial
    check = parsed.check.map { String(Unicode.Scalar($0)) } ?? ""
  }
}

extension BidirectionalCollection<NumberForm> {
  /// Where the form is that can have made a number, the last first, and what the number says of
  /// itself; or the problem that the nearest form has with it.
  func identify(_ number: String) throws(NumberProblem) -> (place: Index, parsed: ParsedNumber) {
    var nearest: NumberProblem?
    for place in indices.reversed() {
      do throws(NumberProblem) {
        return (place, try self[place].parse(number))
      } catch {
        // One of the right length is nearer, and one that goes wrong late nearer than one that
        // goes wrong soon.
        let isNearer = nearest.map { (before: NumberProblem) in
          (error.kind == .length ? 0 : 1, error.position)
            > (before.kind == .length ? 0 : 1, before.position)
        }
        if isNearer ?? true { nearest = error }
      }
    }
    throw nearest ?? NumberProblem(kind: .length, position: 0)
  }
}
