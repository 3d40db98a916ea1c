extension SwiftFile {
  /// A struct with its fields, initializers, nested types and conversions.
  func message(_ message: MessageModel, indent: String) -> String {
    let properties = self.properties(of: message)
    var out = docstring(message.comment, indent: "", or: message.protoName)
    let isRepeatable = properties.contains { $0.name == "requestID" && $0.type == "String" }
    let conformance = isRepeatable ? "RepeatableRequest" : "Message"
    out += "public struct \(message.swiftName): \(conformance) {\n"
    for property in properties {
      out += docstring(property.comment, indent: "  ", or: property.name)
      out +=
        "  public var \(escaped(property.name)): \(property.type) = \(property.initial)\n\n"
    }
    out += "  public init() {}\n\n"
    if !properties.isEmpty { out += memberwise(properties) }
    out += """
        public static var protoName: String { "\(message.protoName)" }

        public static var schema: UnsafeRawPointer {
          UnsafeRawPointer(\(cVariableName(message.protoName))__schema_pointer())
        }

        public init(unpacked pointer: UnsafeRawPointer) {
      \(indented(unpacking(message), by: "    "))  }

        public func pack(
          into pointer: UnsafeMutableRawPointer, using arena: Arena
        ) throws(EncodingFailure) {
      \(indented(packing(message), by: "    "))  }

      """
    for oneof in message.oneofs { out += "\n" + self.oneof(oneof, of: message) }
    for item in message.enums { out += "\n" + enumeration(item, indent: "  ") }
    for nested in message.messages where !nested.isMapEntry {
      out += "\n" + self.message(nested, indent: "  ")
    }
    return indented(out + "}\n", by: indent)
  }

  private func memberwise(_ properties: [Property]) -> String {
    let parameters = properties.map {
      "    \(escaped($0.name)): \($0.type) = \($0.initial)"
    }
    // Inlinable: what isn't given costs nothing then, and the rest isn't copied.
    var out = "  @inlinable\n  public init(\n" + parameters.joined(separator: ",\n") + "\n  ) {\n"
    for property in properties {
      out += "    self.\(escaped(property.name)) = \(escaped(property.name))\n"
    }
    return out + "  }\n\n"
  }

  private func oneof(_ oneof: OneofModel, of message: MessageModel) -> String {
    var out = docstring(oneof.comment, indent: "  ", or: "At most one of these.")
    out += "  public enum \(typeName(of: oneof, in: message)): Sendable, Equatable {\n"
    for field in oneof.fields {
      out += docstring(field.comment, indent: "    ", or: field.name)
      out += "    case \(escaped(field.swiftName))(\(elementType(field)))\n"
    }
    return out + "  }\n"
  }

  /// The name of the enum for a oneof; another when a nested type has it already.
  func typeName(of oneof: OneofModel, in message: MessageModel) -> String {
    let taken = message.enums.map(\.swiftName) + message.messages.map(\.swiftName)
    return taken.contains(oneof.swiftType) ? oneof.swiftType + "Choice" : oneof.swiftType
  }

  private struct Property {
    var name: String
    var type: String
    var initial: String
    var comment: String
  }

  /// In the order of the proto's numbers, a oneof where its first member is.
  private func properties(of message: MessageModel) -> [Property] {
    var properties: [Property] = []
    for field in message.fields {
      guard field.shape == .oneof else {
        let (type, initial) = propertyType(field)
        properties.append(
          Property(name: field.swiftName, type: type, initial: initial, comment: field.comment))
        continue
      }
      for oneof in message.oneofs
      where oneof.fields.map(\.number).min() == field.number {
        properties.append(
          Property(
            name: oneof.swiftName, type: typeName(of: oneof, in: message) + "?", initial: "nil",
            comment: oneof.comment))
      }
    }
    return properties
  }

  private func propertyType(_ field: FieldModel) -> (type: String, initial: String) {
    let element = elementType(field)
    switch field.shape {
    case .optional, .oneof: return (element + "?", "nil")
    case .repeated: return ("[\(element)]", "[]")
    case .map:
      return ("[\(elementType(field.entry[0])): \(elementType(field.entry[1]))]", "[:]")
    case .plain: return (element, defaultValue(field))
    }
  }

  /// The Swift type of one value of a field.
  func elementType(_ field: FieldModel) -> String {
    let scalar = field.kind.swiftScalar
    return scalar.isEmpty ? field.swiftTypeName : scalar
  }

  /// The value of a field that isn't there.
  func defaultValue(_ field: FieldModel) -> String {
    switch field.kind {
    case .string: "\"\""
    case .bytes: "[]"
    case .bool: "false"
    case .message: "\(field.swiftTypeName)()"
    case .enumeration: "\(field.swiftTypeName)(rawValue: 0)"
    default: "0"
    }
  }
}
