// Number templates: one that is accepted makes numbers that it reads again to what they were made of.

@testable import Numbers

func fuzzTemplate(_ input: inout Input) {
  let choice = input.byte()
  let serial = Int64(bitPattern: input.long())
  // Years 1900 to 10000 or so, in µs.
  let moment = Int64(bitPattern: input.long()) % 253_500_000_000_000_000
  let business = ["", "shop", "A1-b"][Int(choice / 8 % 3)]
  let text = String(decoding: input.piece(), as: UTF8.self)
  let period = SerialPeriod(rawValue: Int32(choice % 4) + 1) ?? .never
  let zone = choice & 4 == 0 ? .utc : TimeZoneRules(fixed: "+05:45") ?? .utc
  do throws(TemplateProblem) {
    let template = try NumberTemplate(parsing: text, period: period)
    let form = try NumberForm(business: business, template: template, period: period, zone: zone)
    checkForm(form, serial: serial, at: moment)
    checkAnything(form, String(decoding: input.rest(), as: UTF8.self))
  } catch {
    precondition((0...text.utf8.count).contains(error.position), "\(error)")
  }
}

private func checkForm(_ form: NumberForm, serial: Int64, at moment: Int64) {
  precondition((1...Limits.numberBytes).contains(form.length) && form.lastSerial > 0)
  precondition(form.mayOverlap(form))
  guard let skeleton = form.skeleton(at: moment) else { return }
  precondition(skeleton.count == form.length)
  let serial = Int64(serial.magnitude % UInt64(form.lastSerial)) + 1
  let number = form.number(skeleton, serial: serial, period: 0)
  precondition(form.matches(number, skeleton, serial: serial, period: 0))
  precondition(form.serial(of: number, period: 0) == serial)
  do throws(NumberProblem) {
    let parsed = try form.parse(number)
    precondition(parsed.serial == serial, "\(number) of \(form.template.text): \(parsed)")
    precondition(parsed.period == form.period(at: moment), "\(number) of \(form.template.text)")
  } catch {
    preconditionFailure("\(number) isn't one of \(form.template.text): \(error)")
  }
}

/// A text that is no number of the form is refused at a place in it; one that is has a serial.
private func checkAnything(_ form: NumberForm, _ text: String) {
  do throws(NumberProblem) {
    let parsed = try form.parse(text)
    precondition(
      (1...form.lastSerial).contains(parsed.serial) && form.serial(of: text, period: 0) != nil)
  } catch {
    precondition((0...text.utf8.count).contains(error.position), "\(error)")
  }
}
