import FoundationEssentials

/// The settings that one source gave, as written: flags, the environment or the file.
struct ConfigurationLayer: Sendable {
  enum Origin: Sendable, Equatable {
    case flags
    case environment
    case file(path: String)

    /// How a message names `setting` as this source writes it.
    func name(of setting: Setting) -> String {
      switch self {
      case .flags: setting.flag
      case .environment: setting.variable
      case .file(let path): "\(path): \"\(setting.rawValue)\""
      }
    }
  }

  let origin: Origin
  private(set) var values: [Setting: [String]] = [:]

  /// An empty list says nothing, so that a layer below it may.
  init(flags: [Setting: [String]]) {
    origin = .flags
    values = flags.filter { !$0.value.isEmpty }
  }

  init(environment: [String: String]) throws(ConfigurationFailure) {
    origin = .environment
    let names = Setting.allCases.map(\.variable) + [Setting.fileVariable]
    for (name, value) in environment.sorted(by: { $0.key < $1.key })
    where name.hasPrefix(Setting.environmentPrefix) && name != Setting.fileVariable {
      guard let setting = Setting.allCases.first(where: { $0.variable == name }) else {
        throw ConfigurationFailure(
          "unknown variable \(name)\(suggestion(for: name, among: names))")
      }
      // `ORDERWIRE_X= orderwire …` is how a shell user takes a variable back.
      guard !value.isEmpty else { continue }
      values[setting] =
        setting.isRepeatable
        ? value.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        : [value]
    }
  }

  /// `contents` is a JSON object of settings; `path` is for messages.
  init(file path: String, contents: [UInt8]) throws(ConfigurationFailure) {
    origin = .file(path: path)
    let object: [String: FileValue]
    do {
      object = try JSONDecoder().decode([String: FileValue].self, from: Data(contents))
    } catch DecodingError.typeMismatch(_, let context) {
      throw ConfigurationFailure(
        context.codingPath.isEmpty
          ? "\(path): must be a JSON object of settings"
          : "\(path): \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\": "
            + context.debugDescription)
    } catch {
      // The decoder doesn't say where; a tool that everybody has does.
      throw ConfigurationFailure("\(path): is not JSON; python3 -m json.tool \(path) says where")
    }
    for (name, value) in object.sorted(by: { $0.key < $1.key }) {
      guard let setting = Setting(rawValue: name) else {
        let names = Setting.allCases.map(\.rawValue)
        throw ConfigurationFailure(
          "\(path): unknown key \"\(name)\"\(suggestion(for: name, among: names))")
      }
      if value.isList && !setting.isRepeatable {
        throw ConfigurationFailure("\(origin.name(of: setting)): takes one value, not a list")
      }
      values[setting] = value.texts
    }
  }
}

/// A value in the configuration file: text, a whole number, or a list of texts.
private struct FileValue: Decodable {
  let texts: [String]
  let isList: Bool

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      (texts, isList) = ([text], false)
    } else if let number = try? container.decode(Int.self) {
      (texts, isList) = ([String(number)], false)
    } else if let list = try? container.decode([String].self) {
      (texts, isList) = (list, true)
    } else {
      throw DecodingError.typeMismatch(
        FileValue.self,
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "must be text, a whole number or a list of texts"))
    }
  }
}

private func trimmed(_ text: Substring) -> String {
  let head = text.drop { $0 == " " }
  return String(head.reversed().drop { $0 == " " }.reversed())
}
