/// A proto file as the writers need it.
struct FileModel {
  var path: String
  /// `proto3`, or empty for proto2.
  var syntax: String
  var package: String
  var dependencies: [String]
  var messages: [MessageModel]
  var enums: [EnumModel]
  var services: [ServiceModel]
  /// The serialized FileDescriptorProto, without comments.
  var descriptor: [UInt8]

  /// The package's last part that isn't a version tells files of equal name apart.
  var swiftFileName: String {
    let parts = path.droppingSuffix(".proto").split(separator: "/").map(String.init)
    return parts.map { upperFirst(lowerCamel($0)) }.joined()
  }

  /// The Swift names of its messages and enums, but for nested ones.
  var topLevelTypes: [String] { messages.map(\.swiftName) + enums.map(\.swiftName) }
}

struct MessageModel {
  var protoName: String
  var swiftName: String
  /// With the messages that enclose it, as other files write it.
  var swiftPath: String
  var comment: String
  var fields: [FieldModel]
  /// Oneofs that the proto file has; not those made for `optional`.
  var oneofs: [OneofModel]
  var messages: [MessageModel]
  var enums: [EnumModel]
  var isMapEntry: Bool

  var cType: String { cTypeName(protoName) }
}

struct OneofModel {
  var name: String
  var comment: String
  var fields: [FieldModel]

  var swiftType: String { upperFirst(lowerCamel(name)) }
  var swiftName: String { lowerCamel(name) }
  var cCase: String { name.lowercased() + "_case" }
}

struct FieldModel {
  enum Shape { case plain, optional, oneof, repeated, map }

  var name: String
  var jsonName: String
  var number: Int32
  var kind: FieldKind
  var shape: Shape
  var comment: String
  /// Of a message or enum, with leading package.
  var typeName: String
  /// Of a message or enum, as Swift writes it.
  var swiftTypeName: String
  /// Of a map: its key and value.
  var entry: [FieldModel]

  var swiftName: String { lowerCamel(name) }
  var cName: String { cFieldName(name) }
}

struct EnumModel {
  var protoName: String
  var swiftName: String
  var comment: String
  var values: [(name: String, number: Int32, comment: String)]
}

struct ServiceModel {
  var protoName: String
  var swiftName: String
  var comment: String
  var methods: [MethodModel]
}

struct MethodModel {
  var name: String
  var comment: String
  var input: String
  var output: String
  var clientStreams: Bool
  var serverStreams: Bool
}

/// FieldDescriptorProto.Type.
enum FieldKind: UInt32 {
  case double = 1
  case float, int64, uint64, int32, fixed64, fixed32, bool, string, group, message, bytes, uint32
  case enumeration, sfixed32, sfixed64, sint32, sint64

  /// Its wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
  var wireType: Int {
    switch self {
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    case .string, .message, .bytes, .group: 2
    case .int64, .uint64, .int32, .bool, .uint32, .enumeration, .sint32, .sint64: 0
    }
  }

  /// The Swift type of a value that is neither message nor enum.
  var swiftScalar: String {
    switch self {
    case .double: "Double"
    case .float: "Float"
    case .int64, .sfixed64, .sint64: "Int64"
    case .uint64, .fixed64: "UInt64"
    case .int32, .sfixed32, .sint32: "Int32"
    case .uint32, .fixed32: "UInt32"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    case .message, .group, .enumeration: ""
    }
  }
}
