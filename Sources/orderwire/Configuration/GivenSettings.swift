/// What the layers together say of a setting, with the name under which it was said.
struct GivenSettings {
  private let layers: [ConfigurationLayer]

  init(layers: [ConfigurationLayer]) {
    self.layers = layers
  }

  private func given(_ setting: Setting) -> (name: String, values: [String])? {
    for layer in layers {
      if let values = layer.values[setting] { return (layer.origin.name(of: setting), values) }
    }
    return nil
  }

  func text(_ setting: Setting) -> (name: String, value: String)? {
    // Of a flag that is given twice the last counts, as everywhere.
    given(setting).flatMap { given in given.values.last.map { (given.name, $0) } }
  }

  func addresses(_ setting: Setting) throws(ConfigurationFailure) -> [HostAndPort] {
    guard let given = given(setting) else { return [] }
    var addresses: [HostAndPort] = []
    for value in given.values {
      guard let address = HostAndPort(value) else {
        throw ConfigurationFailure(
          "\(given.name): \"\(value)\" is not HOST:PORT (an IPv6 address goes in brackets)")
      }
      addresses.append(address)
    }
    return addresses
  }

  func number(
    _ setting: Setting, in range: ClosedRange<Int>
  ) throws(ConfigurationFailure) -> Int? {
    guard let given = text(setting) else { return nil }
    guard let number = Int(given.value), range.contains(number) else {
      throw ConfigurationFailure(
        "\(given.name): \"\(given.value)\" is not a whole number "
          + "from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
