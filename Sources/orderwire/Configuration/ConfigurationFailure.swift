/// Why the settings can't be used: one sentence for the person who wrote them, with the place to look.
struct ConfigurationFailure: Error, Equatable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
