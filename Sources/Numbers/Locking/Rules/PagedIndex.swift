/// Places in a table by numbers that count up, such as serials or the ids of leases: in pages, so
/// that growing never moves more than a page, and neighbours cost 5 bytes each. A number far from
/// all others costs a page of its own.
struct PagedIndex: Sequence {
  private final class Page {
    let number: Int64
    var count = 0
    /// -1 where there is none.
    var places = [Int32](repeating: -1, count: 1 << PagedIndex.bits)

    init(_ number: Int64) { self.number = number }
  }

  /// Small, for what stays long after its neighbours are gone.
  private static let bits: Int64 = 6
  private var pages: [Int64: Page] = [:]
  /// The page written last, in which most numbers are looked for next.
  private var last: Page?
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var keys: [Int64] { map(\.key) }
  var values: [Int32] { map(\.value) }

  /// The place of a number.
  subscript(_ number: Int64) -> Int32? {
    get {
      guard let page = page(number >> Self.bits) else { return nil }
      let place = page.places[Self.slot(number)]
      return place < 0 ? nil : place
    }
    set {
      if let newValue { put(number, newValue) } else { remove(number) }
    }
  }

  private static func slot(_ number: Int64) -> Int {
    Int(truncatingIfNeeded: number & ((1 << bits) - 1))
  }

  private func page(_ number: Int64) -> Page? {
    if let last, last.number == number { return last }
    return pages[number]
  }

  private mutating func put(_ number: Int64, _ place: Int32) {
    let page: Page
    if let last, last.number == number >> Self.bits {
      page = last
    } else {
      page = pages[number >> Self.bits] ?? Page(number >> Self.bits)
      if page.count == 0 { pages[page.number] = page }
      last = page
    }
    let slot = Self.slot(number)
    if page.places[slot] < 0 {
      page.count += 1
      count += 1
    }
    page.places[slot] = place
  }

  private mutating func remove(_ number: Int64) {
    let slot = Self.slot(number)
    guard let page = page(number >> Self.bits), page.places[slot] >= 0 else { return }
    page.places[slot] = -1
    page.count -= 1
    count -= 1
    if page.count == 0 { drop(page) }
  }

  /// Gives numbers that follow one another the same place, or none.
  mutating func fill(_ numbers: ClosedRange<Int64>, _ place: Int32?) {
    if numbers.lowerBound == numbers.upperBound {
      self[numbers.lowerBound] = place
      return
    }
    var first = numbers.lowerBound
    while true {
      let end = Swift.min(first | ((1 << Self.bits) - 1), numbers.upperBound)
      fillPage(first >> Self.bits, Self.slot(first)...Self.slot(end), place ?? -1)
      guard end < numbers.upperBound else { return }
      first = end + 1
    }
  }

  private mutating func fillPage(_ number: Int64, _ slots: ClosedRange<Int>, _ place: Int32) {
    var page = page(number)
    if page == nil {
      guard place >= 0 else { return }
      page = Page(number)
      pages[number] = page
    }
    guard let page else { return }
    var change = 0
    page.places.withUnsafeMutableBufferPointer { places in
      for slot in slots {
        change += (place < 0 ? 0 : 1) - (places[slot] < 0 ? 0 : 1)
        places[slot] = place
      }
    }
    page.count += change
    count += change
    if page.count > 0 {
      last = page
    } else {
      drop(page)
    }
  }

  private mutating func drop(_ page: Page) {
    pages[page.number] = nil
    if last === page { last = nil }
  }

  /// All of them, in no order.
  func makeIterator() -> some IteratorProtocol<(key: Int64, value: Int32)> {
    pages.values.lazy.flatMap { page in
      page.places.indices.lazy.filter { page.places[$0] >= 0 }.map { slot in
        (key: page.number << Self.bits | Int64(slot), value: page.places[slot])
      }
    }.makeIterator()
  }
}
