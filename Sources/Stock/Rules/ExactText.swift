/// A name as a key. Two are the same if their bytes are, as in the tables: Swift takes different ones for equal
/// that Unicode takes for the same characters.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    // No text of UTF-8 has it, so that two texts behind each other differ from others.
    hasher.combine(UInt8.max)
  }
}
