import Testing

@testable import protoc_gen_orderwire

/// What the generator refuses, with a message that names the place.
@Suite struct FileCheckTests {
  private func message(_ name: String, _ fields: [(FieldModel.Shape, String)]) -> MessageModel {
    MessageModel(
      protoName: name, swiftName: name, swiftPath: name, comment: "",
      fields: fields.enumerated().map { index, field in
        FieldModel(
          name: "f\(index)", jsonName: "f\(index)", number: Int32(index + 1), kind: .message,
          shape: field.0, comment: "", typeName: field.1, swiftTypeName: field.1, entry: [])
      },
      oneofs: [], messages: [], enums: [], isMapEntry: false)
  }

  private func file(_ messages: [MessageModel], syntax: String = "proto3") -> FileModel {
    FileModel(
      path: "x.proto", syntax: syntax, package: "", dependencies: [], messages: messages, enums: [],
      services: [], descriptor: [])
  }

  @Test func refusesMessagesThatHoldThemselves() {
    let direct = file([message("A", [(.optional, "A")])])
    #expect(throws: GeneratorFailure.self) { try direct.check() }
    let inOneof = file([message("A", [(.oneof, "A")])])
    #expect(throws: GeneratorFailure.self) { try inOneof.check() }
    let throughOthers = file([
      message("A", [(.repeated, "A"), (.optional, "B")]), message("B", [(.oneof, "C")]),
      message("C", [(.optional, "A")]),
    ])
    let failure = #expect(throws: GeneratorFailure.self) { try throughOthers.check() }
    #expect(failure?.message.hasSuffix("A -> B -> C -> A") == true)
  }

  @Test func takesListsAndMapsOfItself() throws {
    try file([
      message("A", [(.repeated, "A"), (.optional, "B"), (.optional, "B")]), message("B", []),
    ]).check()
  }

  @Test func refusesOtherThanProto3() {
    #expect(throws: GeneratorFailure.self) { try file([], syntax: "").check() }
    #expect(throws: GeneratorFailure.self) { try file([], syntax: "editions").check() }
  }
}
