extension SwiftFile {
  /// The body of `pack(into:using:)`: from our struct to protobuf-c's, which is zeroed before.
  func packing(_ message: MessageModel) -> String {
    if message.fields.isEmpty { return "" }
    var out = "let c = pointer.assumingMemoryBound(to: \(message.cType).self)\n"
    for field in message.fields where field.shape != .oneof {
      out += packing(field)
    }
    for oneof in message.oneofs {
      out += "switch self.\(escaped(oneof.swiftName)) {\ncase nil: break\n"
      for field in oneof.fields {
        out += "case .\(escaped(field.swiftName))(let value)?:\n"
        out += "  c.pointee.\(oneof.cCase) = .init(rawValue: \(field.number))\n"
        out += indented(assignment("c", field, "value"), by: "  ")
      }
      out += "}\n"
    }
    return out
  }

  private func packing(_ field: FieldModel) -> String {
    let source = "self.\(escaped(field.swiftName))"
    let has = field.kind == .message ? "" : "  c.pointee.has_\(field.cName) = 1\n"
    switch field.shape {
    case .plain:
      return "if \(isSet(source, field)) {\n\(has)"
        + indented(assignment("c", field, source), by: "  ") + "}\n"
    case .optional:
      return "if let value = \(source) {\n\(has)"
        + indented(assignment("c", field, "value"), by: "  ") + "}\n"
    case .repeated:
      return """
        if !\(source).isEmpty {
          c.pointee.n_\(field.cName) = \(source).count
          c.pointee.\(escaped(field.cName)) = \(list(source, field))
        }

        """
    case .map, .oneof:
      return mapPacking(field, source)
    }
  }

  /// Whether a field without presence goes on the wire. -0.0 isn't the default, so it does.
  private func isSet(_ source: String, _ field: FieldModel) -> String {
    switch field.kind {
    case .string, .bytes: "!\(source).isEmpty"
    case .bool: source
    case .double, .float: "\(source).bitPattern != 0"
    case .enumeration: "\(source).rawValue != 0"
    default: "\(source) != 0"
    }
  }

  private func assignment(_ c: String, _ field: FieldModel, _ value: String) -> String {
    let target = "\(c).pointee.\(escaped(field.cName))"
    switch field.kind {
    case .bool: return "\(target) = \(value) ? 1 : 0\n"
    case .enumeration:
      return "\(target) = .init(rawValue: .init(truncatingIfNeeded: \(value).rawValue))\n"
    case .string, .bytes:
      let name = "\(field.swiftName)Bytes"
      return """
        let \(name) = try arena.copy(\(value))
        \(target) = .init(len: \(name).count, data: \(name).baseAddress)

        """
    case .message:
      return """
        \(target) = try arena.pack(\(value))
          .assumingMemoryBound(to: \(cTypeName(field.typeName)).self)

        """
    default: return "\(target) = \(value)\n"
    }
  }

  private func list(_ source: String, _ field: FieldModel) -> String {
    switch field.kind {
    case .bool:
      return "try arena.copy(list: \(source).lazy.map { $0 ? 1 : 0 })"
    case .enumeration:
      let type = cTypeName(field.typeName)
      return "try arena.copy(\n      list: \(source).lazy.map { "
        + "\(type)(rawValue: .init(truncatingIfNeeded: $0.rawValue)) })"
    case .string, .bytes:
      return """
        try arena.copy(all: \(source))
              .assumingMemoryBound(to: ProtobufCBinaryData.self)
        """
    case .message:
      return """
        try arena.pack(all: \(source))
              .assumingMemoryBound(to: UnsafeMutablePointer<\(cTypeName(field.typeName))>?.self)
        """
    default:
      return "try arena.copy(list: \(source))"
    }
  }

  private func mapPacking(_ field: FieldModel, _ source: String) -> String {
    let type = cTypeName(field.typeName)
    let order = field.entry[0].kind == .bool ? "{ !$0.key && $1.key }" : "{ $0.key < $1.key }"
    let hasValue = field.entry[1].kind == .message ? "" : "    entry.pointee.has_value = 1\n"
    // Sorted, so that equal messages have equal bytes.
    return """
      if !\(source).isEmpty {
        let entries = try arena.pointers(\(source).count)
        for (index, item) in \(source).sorted(by: \(order)).enumerated() {
          let entry = try arena.message(\(cVariableName(field.typeName))__schema_pointer())
            .assumingMemoryBound(to: \(type).self)
          entry.pointee.has_key = 1
      \(indented(assignment("entry", field.entry[0], "item.key"), by: "    "))\(hasValue)\
      \(indented(assignment("entry", field.entry[1], "item.value"), by: "    "))\
          entries[index] = UnsafeMutableRawPointer(entry)
        }
        c.pointee.n_\(field.cName) = \(source).count
        c.pointee.\(escaped(field.cName)) = UnsafeMutableRawPointer(entries)
          .assumingMemoryBound(to: UnsafeMutablePointer<\(type)>?.self)
      }

      """
  }
}
