extension SwiftFile {
  /// The body of `init(unpacked:)`: from protobuf-c's struct to ours.
  func unpacking(_ message: MessageModel) -> String {
    if message.fields.isEmpty { return "" }
    var out = "let c = pointer.assumingMemoryBound(to: \(message.cType).self)\n"
    for field in message.fields where field.shape != .oneof {
      out += unpacking(field)
    }
    for oneof in message.oneofs {
      out += "switch c.pointee.\(oneof.cCase).rawValue {\n"
      for field in oneof.fields {
        out += "case \(field.number): "
        let value = "c.pointee.\(escaped(field.cName))"
        let target = "self.\(escaped(oneof.swiftName)) = .\(escaped(field.swiftName))"
        if field.kind == .message {
          out += "if let value = \(value) { \(target)(\(unpacked("value", field))) }\n"
        } else {
          out += "\(target)(\(unpacked(value, field)))\n"
        }
      }
      out += "default: break\n}\n"
    }
    return out
  }

  private func unpacking(_ field: FieldModel) -> String {
    let target = "self.\(escaped(field.swiftName))"
    let value = "c.pointee.\(escaped(field.cName))"
    let count = "c.pointee.n_\(field.cName)"
    switch field.shape {
    case .plain where field.kind.wireType == 2 || field.kind == .enumeration:
      return "if c.pointee.has_\(field.cName) != 0 { \(target) = \(unpacked(value, field)) }\n"
    case .plain:
      return "\(target) = \(unpacked(value, field))\n"
    case .optional where field.kind == .message:
      return "if let value = \(value) { \(target) = \(unpacked("value", field)) }\n"
    case .optional:
      return "if c.pointee.has_\(field.cName) != 0 { \(target) = \(unpacked(value, field)) }\n"
    case .repeated where field.kind == .message:
      return
        "if \(count) != 0 { \(target) = .init(unpacked: UnsafeRawPointer(\(value)), \(count)) }\n"
    case .repeated:
      let list = "UnsafeBufferPointer(start: \(value), count: \(count))"
      switch field.kind {
      case .bool, .enumeration, .string, .bytes:
        return "if \(count) != 0 { \(target) = \(list).map { \(unpacked("$0", field)) } }\n"
      default:
        return "if \(count) != 0 { \(target) = Array(\(list)) }\n"
      }
    case .map, .oneof:
      return mapUnpacking(field, target, value, count)
    }
  }

  private func mapUnpacking(
    _ field: FieldModel, _ target: String, _ list: String, _ count: String
  ) -> String {
    let key = unpacked("entry.pointee.key", field.entry[0])
    var value = unpacked("entry.pointee.value", field.entry[1])
    if field.entry[1].kind == .message {
      value = "entry.pointee.value.map { \(unpacked("$0", field.entry[1])) } ?? .init()"
    }
    return """
      if \(count) != 0 {
        \(target).reserveCapacity(\(count))
        for case let entry? in UnsafeBufferPointer(start: \(list), count: \(count)) {
          \(target)[\(key)] = \(value)
        }
      }

      """
  }

  private func unpacked(_ value: String, _ field: FieldModel) -> String {
    switch field.kind {
    case .bool: "\(value) != 0"
    case .enumeration:
      "\(field.swiftTypeName)(rawValue: Int32(truncatingIfNeeded: \(value).rawValue))"
    case .string: "String(unpacked: \(value).data, \(value).len)"
    case .bytes: "[UInt8](unpacked: \(value).data, \(value).len)"
    case .message: "\(field.swiftTypeName)(unpacked: \(value))"
    default: value
    }
  }
}
