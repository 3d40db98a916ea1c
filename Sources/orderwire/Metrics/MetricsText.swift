/// Writes metrics in Prometheus' text format, version 0.0.4: the samples of a family stand together, under
/// what it is.
struct MetricsText {
  /// What a family of metrics is.
  struct Family {
    /// With its unit at its end, if it has one.
    var name: String
    var help: String
  }

  private var families: [(family: Family, lines: String)] = []
  private var places: [String: Int] = [:]
  private(set) var samples = 0

  /// Adds a gauge's value.
  mutating func gauge(_ family: Family, _ value: Double, _ labels: (name: String, value: String)...)
  {
    let place = places[family.name] ?? families.count
    if place == families.count {
      families.append((family, ""))
      places[family.name] = place
    }
    let text = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    families[place].lines +=
      "\(family.name)\(text.isEmpty ? "" : "{\(text)}") \(Self.number(value))\n"
    samples += 1
  }

  var text: String {
    families.map { family, lines in
      "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n\(lines)"
    }.joined()
  }

  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
