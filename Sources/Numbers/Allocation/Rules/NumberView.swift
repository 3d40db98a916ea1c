/// A number taken apart: what it says of itself, and the form that it fits.
struct NumberView: Sendable {
  private let form: NumberForm
  private let parsed: ParsedNumber

  /// Takes `number` apart by the form it fits, or says how it deviates.
  init(_ number: String, among forms: [NumberForm]) throws(NumberProblem) {
    let (place, parsed) = try forms.identify(number)
    form = forms[place]
    self.parsed = parsed
  }

  var template: String { form.template.text }

  /// Wall clock, µs; nil where the template doesn't show the year, because such a time belongs to no day.
  var moment: Int64? {
    guard let civil = parsed.civil, form.template.timestamp?.shows(.yearly) ?? false else {
      return nil
    }
    return form.zone.second(of: civil) * 1_000_000 + Int64(civil.millisecond) * 1_000
  }

  var period: String { form.period.text(parsed.period) }
  var serial: Int64 { parsed.serial }
  var check: String { parsed.check.map { String(Unicode.Scalar($0)) } ?? "" }
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
