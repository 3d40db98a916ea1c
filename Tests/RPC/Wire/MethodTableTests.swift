import Testing

@testable import RPC

@Suite struct MethodTableTests {
  // Some end with the same eight bytes.
  private static let names: [StaticString] = [
    "A", "B", "Ab", "Allocate", "AllocateMany", "é", "1Allocate", "2Allocate", "3Allocate",
  ]

  private static func method(_ name: StaticString) -> RPC.Method {
    RPC.Method(
      service: "a.v1.S", name: name, streamsRequests: false, handler: AsyncHandler { _ in })
  }

  private func find(_ path: String, in table: MethodTable) -> String? {
    Array(path.utf8).withUnsafeBytes { table.find($0)?.name.description }
  }

  @Test func findsEveryMethod() {
    let table = MethodTable(Self.names.map(Self.method))
    for name in Self.names { #expect(find("/a.v1.S/\(name)", in: table) == name.description) }
  }

  @Test(arguments: ["", "/", "/a.v1.S/", "/a.v1.S/a", "a.v1.S/A", "/a.v1.S/A/", "/a.v1.S/Allocat"])
  func findsNothingElse(path: String) {
    #expect(find(path, in: MethodTable(Self.names.map(Self.method))) == nil)
  }

  @Test func anEmptyTableHasNothing() {
    #expect(find("/a/b", in: MethodTable([])) == nil)
  }
}
