/// A system that processes orders of a business, and its queue: the sequences in it.
final class ForwardUnit {
  let id: Int32
  let name: String
  /// When it was made, wall clock, µs.
  let created: Int64
  /// In the order of their bytes, each once.
  var codes: [ExactText]
  var queue = PlaceBlocks(bits: 2)
  var depth = 0
  /// Orders that came into the queue: those in it at the start of the server, and all since.
  var arrived = 0
  let consumption = Consumption()

  init(id: Int32, name: String, created: Int64, codes: [ExactText]) {
    self.id = id
    self.name = name
    self.created = created
    self.codes = codes
  }

  func place(of sequence: Int64) -> UnitPlace { UnitPlace(rawValue: queue[sequence]) ?? .none }
}
