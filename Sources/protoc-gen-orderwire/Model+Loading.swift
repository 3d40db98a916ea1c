internal import CDescriptor

typealias CFile = Google__Protobuf__FileDescriptorProto
typealias CMessage = Google__Protobuf__DescriptorProto
typealias CEnum = Google__Protobuf__EnumDescriptorProto
typealias CService = Google__Protobuf__ServiceDescriptorProto
typealias CField = Google__Protobuf__FieldDescriptorProto

/// The elements of an array that protobuf-c holds.
func elements<T>(
  _ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?
) -> [UnsafeMutablePointer<T>] {
  UnsafeBufferPointer(start: pointers, count: count).compactMap { $0 }
}

func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}

extension FileModel {
  /// Reads a serialized FileDescriptorSet. The memory is protobuf-c's and kept until the end.
  static func load(_ bytes: [UInt8], names: NameMap) throws(GeneratorFailure) -> [FileModel] {
    guard let set = google__protobuf__file_descriptor_set__unpack(nil, bytes.count, bytes) else {
      throw GeneratorFailure("the input is no descriptor set")
    }
    let files = elements(set.pointee.n_file, set.pointee.file)
    var index = TypeIndex(names: names)
    for file in files { index.add(file.pointee) }
    var models: [FileModel] = []
    for file in files { models.append(try ModelLoader(file: file, index: index).load()) }
    return models
  }
}

/// What every type of the set is called in Swift, and which messages are map entries.
struct TypeIndex {
  var names: NameMap
  private(set) var swiftPaths: [String: String] = [:]
  private(set) var entries: [String: UnsafeMutablePointer<CMessage>] = [:]

  init(names: NameMap) {
    self.names = names
  }

  mutating func add(_ file: CFile) {
    let package = text(file.package).isEmpty ? "" : text(file.package) + "."
    for message in elements(file.n_message_type, file.message_type) {
      add(message, package, "")
    }
    for item in elements(file.n_enum_type, file.enum_type) {
      add(text(item.pointee.name), package, "")
    }
  }

  private mutating func add(
    _ message: UnsafeMutablePointer<CMessage>, _ scope: String, _ swiftScope: String
  ) {
    let name = text(message.pointee.name)
    let full = scope + name
    let swiftPath = add(name, scope, swiftScope)
    if message.pointee.options?.pointee.map_entry == 1 { entries[full] = message }
    for nested in elements(message.pointee.n_nested_type, message.pointee.nested_type) {
      add(nested, full + ".", swiftPath + ".")
    }
    for nested in elements(message.pointee.n_enum_type, message.pointee.enum_type) {
      add(text(nested.pointee.name), full + ".", swiftPath + ".")
    }
  }

  @discardableResult
  private mutating func add(_ name: String, _ scope: String, _ swiftScope: String) -> String {
    let path = swiftScope + names.swiftName(scope + name, simple: name)
    swiftPaths[scope + name] = path
    return path
  }
}

/// Turns one FileDescriptorProto into a `FileModel`.
struct ModelLoader {
  var file: UnsafeMutablePointer<CFile>
  var index: TypeIndex
  private var comments: [[Int32]: String] = [:]

  init(file: UnsafeMutablePointer<CFile>, index: TypeIndex) {
    self.file = file
    self.index = index
    guard let info = file.pointee.source_code_info else { return }
    for location in elements(info.pointee.n_location, info.pointee.location) {
      let path = UnsafeBufferPointer(start: location.pointee.path, count: location.pointee.n_path)
      let leading = text(location.pointee.leading_comments)
      comments[Array(path)] =
        leading.isEmpty ? text(location.pointee.trailing_comments) : leading
    }
  }

  func load() throws(GeneratorFailure) -> FileModel {
    let c = file.pointee
    let package = text(c.package)
    let scope = package.isEmpty ? "" : package + "."
    var messages: [MessageModel] = []
    for (i, message) in elements(c.n_message_type, c.message_type).enumerated() {
      messages.append(try load(message.pointee, scope, [4, Int32(i)]))
    }
    return FileModel(
      path: text(c.name), syntax: text(c.syntax), package: package,
      dependencies: UnsafeBufferPointer(start: c.dependency, count: c.n_dependency).map {
        text($0)
      },
      messages: messages,
      enums: elements(c.n_enum_type, c.enum_type).enumerated().map {
        load($1.pointee, scope, [5, Int32($0)])
      },
      services: elements(c.n_service, c.service).enumerated().map {
        load($1.pointee, scope, [6, Int32($0)])
      },
      descriptor: serializedWithoutComments())
  }

  private func serializedWithoutComments() -> [UInt8] {
    let info = file.pointee.source_code_info
    file.pointee.source_code_info = nil
    defer { file.pointee.source_code_info = info }
    let size = google__protobuf__file_descriptor_proto__get_packed_size(file)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = google__protobuf__file_descriptor_proto__pack(file, buffer.baseAddress)
    }
  }

  private func load(
    _ c: CMessage, _ scope: String, _ path: [Int32]
  ) throws(GeneratorFailure) -> MessageModel {
    let name = text(c.name)
    let full = scope + name
    var fields: [FieldModel] = []
    var members: [[FieldModel]] = Array(repeating: [], count: c.n_oneof_decl)
    for (i, field) in elements(c.n_field, c.field).enumerated() {
      let model = try load(field.pointee, full, path + [2, Int32(i)])
      fields.append(model)
      if model.shape == .oneof { members[Int(field.pointee.oneof_index)].append(model) }
    }
    var messages: [MessageModel] = []
    for (i, nested) in elements(c.n_nested_type, c.nested_type).enumerated() {
      messages.append(try load(nested.pointee, full + ".", path + [3, Int32(i)]))
    }
    var oneofs: [OneofModel] = []
    for (i, oneof) in elements(c.n_oneof_decl, c.oneof_decl).enumerated() where !members[i].isEmpty
    {
      oneofs.append(
        OneofModel(
          name: text(oneof.pointee.name), comment: comments[path + [8, Int32(i)]] ?? "",
          fields: members[i]))
    }
    return MessageModel(
      protoName: full, swiftName: index.names.swiftName(full, simple: name),
      swiftPath: index.swiftPaths[full] ?? name, comment: comments[path] ?? "",
      fields: fields.sorted { $0.number < $1.number }, oneofs: oneofs, messages: messages,
      enums: elements(c.n_enum_type, c.enum_type).enumerated().map {
        load($1.pointee, full + ".", path + [4, Int32($0)])
      },
      isMapEntry: c.options?.pointee.map_entry == 1)
  }

  private func load(
    _ c: CField, _ message: String, _ path: [Int32]
  ) throws(GeneratorFailure) -> FieldModel {
    let name = text(c.name)
    guard let kind = FieldKind(rawValue: UInt32(c.type.rawValue)), kind != .group else {
      throw GeneratorFailure("\(message).\(name): groups are not supported")
    }
    let typeName = String(text(c.type_name).drop { $0 == "." })
    var entry: [FieldModel] = []
    if let map = index.entries[typeName] {
      for field in elements(map.pointee.n_field, map.pointee.field) {
        entry.append(try load(field.pointee, typeName, []))
      }
    }
    let isRepeated = c.label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
    let shape: FieldModel.Shape =
      if !entry.isEmpty {
        .map
      } else if isRepeated {
        .repeated
      } else if c.has_oneof_index == 1 && c.proto3_optional == 0 {
        .oneof
      } else if c.proto3_optional == 1 || kind == .message {
        .optional
      } else {
        .plain
      }
    return FieldModel(
      name: name, jsonName: text(c.json_name), number: c.number, kind: kind, shape: shape,
      comment: comments[path] ?? "", typeName: typeName,
      swiftTypeName: index.swiftPaths[typeName] ?? "", entry: entry)
  }

  private func load(_ c: CEnum, _ scope: String, _ path: [Int32]) -> EnumModel {
    let name = text(c.name)
    return EnumModel(
      protoName: scope + name, swiftName: index.names.swiftName(scope + name, simple: name),
      comment: comments[path] ?? "",
      values: elements(c.n_value, c.value).enumerated().map {
        (text($1.pointee.name), $1.pointee.number, comments[path + [2, Int32($0)]] ?? "")
      })
  }

  private func load(_ c: CService, _ scope: String, _ path: [Int32]) -> ServiceModel {
    let name = text(c.name)
    let methods = elements(c.n_method, c.method).enumerated().map { i, method in
      MethodModel(
        name: text(method.pointee.name), comment: comments[path + [2, Int32(i)]] ?? "",
        input: swiftPath(method.pointee.input_type), output: swiftPath(method.pointee.output_type),
        clientStreams: method.pointee.client_streaming == 1,
        serverStreams: method.pointee.server_streaming == 1)
    }
    return ServiceModel(
      protoName: scope + name, swiftName: index.names.swiftName(scope + name, simple: name),
      comment: comments[path] ?? "", methods: methods)
  }

  private func swiftPath(_ typeName: UnsafePointer<CChar>?) -> String {
    index.swiftPaths[String(text(typeName).drop { $0 == "." })] ?? ""
  }
}
