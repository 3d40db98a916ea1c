internal import CDescriptor
import Glibc

/// The descriptor set as protobuf-c can work with it. On the wire nothing changes.
///
/// - Files become proto2: protobuf-c refuses proto3's `optional`, and with proto2 every field has a
///   `has_` flag, so that presence and -0.0 survive.
/// - Lists that proto3 packs say so, since proto2 doesn't by itself.
/// - Strings are generated as bytes, since protobuf-c's strings end at a NUL.
func rewriteForC(_ bytes: [UInt8]) throws(GeneratorFailure) -> [UInt8] {
  guard let set = google__protobuf__file_descriptor_set__unpack(nil, bytes.count, bytes) else {
    throw GeneratorFailure("the input is no descriptor set")
  }
  for file in elements(set.pointee.n_file, set.pointee.file) {
    file.pointee.source_code_info = nil
    guard text(file.pointee.syntax) == "proto3" else { continue }
    file.pointee.syntax = nil
    setFileOptions(file)
    for message in elements(file.pointee.n_message_type, file.pointee.message_type) {
      rewrite(message)
    }
  }
  let size = google__protobuf__file_descriptor_set__get_packed_size(set)
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = google__protobuf__file_descriptor_set__pack(set, buffer.baseAddress)
  }
}

private func rewrite(_ message: UnsafeMutablePointer<CMessage>) {
  for field in elements(message.pointee.n_field, message.pointee.field) {
    if field.pointee.proto3_optional == 1 {
      field.pointee.has_proto3_optional = 0
      field.pointee.has_oneof_index = 0
    }
    let kind = FieldKind(rawValue: UInt32(field.pointee.type.rawValue))
    if kind == .string {
      addOption([0x08, 0x01], to: &options(of: field).pointee.base)  // string_as_bytes = true
    }
    let isRepeated =
      field.pointee.label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
    if isRepeated && kind?.wireType != 2 {
      let options = options(of: field)
      options.pointee.packed = options.pointee.has_packed == 1 ? options.pointee.packed : 1
      options.pointee.has_packed = 1
    }
  }
  // Those made for `optional` come last and have no members any more.
  let used = elements(message.pointee.n_field, message.pointee.field).filter {
    $0.pointee.has_oneof_index == 1
  }
  message.pointee.n_oneof_decl = (used.map { Int($0.pointee.oneof_index) }.max() ?? -1) + 1
  for nested in elements(message.pointee.n_nested_type, message.pointee.nested_type) {
    rewrite(nested)
  }
}

private func options(
  of field: UnsafeMutablePointer<CField>
) -> UnsafeMutablePointer<Google__Protobuf__FieldOptions> {
  if let options = field.pointee.options { return options }
  let options = UnsafeMutablePointer<Google__Protobuf__FieldOptions>.allocate(capacity: 1)
  google__protobuf__field_options__init(options)
  field.pointee.options = options
  return options
}

private func setFileOptions(_ file: UnsafeMutablePointer<CFile>) {
  if file.pointee.options == nil {
    let options = UnsafeMutablePointer<Google__Protobuf__FileOptions>.allocate(capacity: 1)
    google__protobuf__file_options__init(options)
    file.pointee.options = options
  }
  // gen_pack_helpers = false: we call protobuf-c's generic functions.
  file.pointee.options.map { addOption([0x10, 0x00], to: &$0.pointee.base) }
}

/// Adds protobuf-c's extension (1019 in every options message), which is an unknown field to us.
private func addOption(_ content: [UInt8], to message: inout ProtobufCMessage) {
  let bytes = [UInt8(content.count)] + content
  let data = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
  data.initialize(from: bytes, count: bytes.count)
  let count = Int(message.n_unknown_fields)
  let fields = UnsafeMutablePointer<ProtobufCMessageUnknownField>.allocate(capacity: count + 1)
  if let old = message.unknown_fields { fields.initialize(from: old, count: count) }
  (fields + count).initialize(
    to: ProtobufCMessageUnknownField(
      tag: 1019, wire_type: PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, len: bytes.count, data: data))
  message.unknown_fields = fields
  message.n_unknown_fields = UInt32(count + 1)
}
