internal import API
internal import Messages
internal import RPC

// The response of an Allocate as it goes over the wire, without the message and its fields: of a
// hundred numbers those were nine tenths of a loop's work. A test holds it to the generated encoding.
extension HandedNumbers {
  /// The encoding of `AllocateResponse(self, form, …)`.
  func encodedResponse(
    _ form: NumberForm, incarnation: UInt64, repeatable: Bool
  ) -> EncodedMessage<AllocateResponse> {
    let time = expireTime.map { ProtoTimestamp(microseconds: $0) }
    let lease = UInt64(bitPattern: lease)
    func entry(_ run: HandedRun) -> NumberEntry {
      NumberEntry(form, incarnation: incarnation, generation: UInt64(run.generation), time)
    }
    var total = WireWriter.size(ofField: lease) + WireWriter.size(ofField: repeatable ? 1 : 0)
    for run in runs { total += entry(run).size * Int(run.count) }
    let bytes = [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      var wire = WireWriter(buffer)
      for run in runs { entry(run).write(run, form, to: &wire) }
      wire.field(AllocateField.leaseID, lease)
      wire.field(AllocateField.repeatable, repeatable ? 1 : 0)
      count = wire.count
    }
    return EncodedMessage(bytes: bytes)
  }
}

/// An element of the field `numbers`: all of a generation have one length.
private struct NumberEntry {
  let incarnation: UInt64
  let generation: UInt64
  let seconds: UInt64
  let nanos: UInt64
  let hasTime: Bool
  /// Bytes of the token, of the time, and of all between the element's own length and its end.
  let token: Int
  let time: Int
  let inner: Int

  init(
    _ form: NumberForm, incarnation: UInt64, generation: UInt64, _ expireTime: ProtoTimestamp?
  ) {
    self.incarnation = incarnation
    self.generation = generation
    seconds = UInt64(bitPattern: expireTime?.seconds ?? 0)
    nanos = UInt64(bitPattern: Int64(expireTime?.nanos ?? 0))
    hasTime = expireTime != nil
    token = WireWriter.size(ofField: incarnation) + WireWriter.size(ofField: generation)
    time = WireWriter.size(ofField: seconds) + WireWriter.size(ofField: nanos)
    inner =
      WireWriter.size(ofLength: form.length) + WireWriter.size(ofLength: token)
      + (hasTime ? WireWriter.size(ofLength: time) : 0)
  }

  var size: Int { WireWriter.size(ofLength: inner) }

  /// Every number of a run.
  func write(_ run: HandedRun, _ form: NumberForm, to wire: inout WireWriter) {
    // The template could show that year when the numbers were made.
    let skeleton = form.skeleton(at: run.generated) ?? Array(repeating: 0, count: form.length)
    wire.length(AllocateField.numbers, inner)
    wire.length(AllocateField.number, form.length)
    let number = wire.append(skeleton)
    form.fill(number, serial: run.first, period: run.period)
    wire.length(AllocateField.token, token)
    wire.field(1, incarnation)
    wire.field(2, generation)
    if hasTime {
      wire.length(AllocateField.expireTime, time)
      wire.field(1, seconds)
      wire.field(2, nanos)
    }
    // The others are the one before, but for the serial.
    var last = number
    for serial in run.first..<max(run.first, run.last) {
      last = wire.repeatLast(size, last)
      form.fillNext(last, serial: serial + 1, period: run.period)
    }
  }
}

/// Numbers of fields, from `allocation.proto`.
private enum AllocateField {
  static let numbers: UInt64 = 1
  static let leaseID: UInt64 = 2
  static let repeatable: UInt64 = 3
  static let number: UInt64 = 1
  static let token: UInt64 = 2
  static let expireTime: UInt64 = 3
}
