/// A name from outside as a key. Two are the same if their bytes are, as in the tables and in hashes: Swift takes
/// different ones for equal that Unicode takes for the same characters, and whoever gave us both may not.
///
/// The one file is linked into the rules of the capabilities, as rules import nothing.
struct ExactText: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
  let text: String

  init(_ text: String) { self.text = text }

  init(stringLiteral text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool {
    let count = a.text.utf8.count
    guard a.text == b.text, b.text.utf8.count == count else { return false }
    // What equals ASCII without being it has more bytes. Swift knows whether a text is ASCII without looking.
    return a.isASCII || a.text.utf8.elementsEqual(b.text.utf8)
  }

  /// In the order of the tables.
  static func < (a: ExactText, b: ExactText) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    if isASCII { return hasher.combine(text) }
    // What Swift takes for equal would have one hash, and of a long name there are thousands.
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // No text of UTF-8 has it, so that two texts behind each other differ from others.
    hasher.combine(UInt8.max)
  }

  private var isASCII: Bool { text.utf16.count == text.utf8.count }
}
