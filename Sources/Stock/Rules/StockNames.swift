/// How goods, orders, consignments and movements may be named.
enum StockNames {
  /// Not empty, not too long, and no line of a file or a terminal is broken by it.
  static func isName(_ name: String, bytes: Int) -> Bool {
    (1...bytes).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  static func isGood(_ name: String) -> Bool { isName(name, bytes: StockLimits.goodBytes) }
}

/// Where an explanation goes on, as text: behind which entry, and which entry was the newest at its beginning.
struct ExplanationToken: Sendable, Equatable {
  /// An entry's place: when it was recorded, µs, and its sequence.
  struct Place: Sendable, Equatable {
    var time: Int64
    var sequence: Int64

    /// Whatever is at this place or before it is before that one.
    var next: Place { Place(time: time, sequence: sequence + 1) }
  }

  var newest: Place
  var last: Place

  init(newest: Place, last: Place) {
    self.newest = newest
    self.last = last
  }

  init(_ text: String) throws(StockRefusal) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 4, let newestTime = parts[0], let newestSequence = parts[1],
      let lastTime = parts[2], let lastSequence = parts[3]
    else { throw .pageTokenInvalid }
    newest = Place(time: newestTime, sequence: newestSequence)
    last = Place(time: lastTime, sequence: lastSequence)
    let sequences = 1..<Int64.max
    guard sequences.contains(newestSequence), sequences.contains(lastSequence), self.text == text
    else { throw .pageTokenInvalid }
  }

  var text: String { "\(newest.time).\(newest.sequence).\(last.time).\(last.sequence)" }
}
