import Messages
import TestMessages
import Testing

/// `encode` writes small messages without counting their bytes first; `encoded` always counts.
@Suite struct EncodingTests {
  /// What grows most from protobuf-c's structs to the wire.
  static let growing: [any Message] = [
    Plain(), Plain(int32Value: -1),
    Plain(int32Value: -1, int64Value: -1, color: Color(rawValue: -1)),
    Unpacked(int32Values: Array(repeating: -1, count: 200)),
    Unpacked(colors: Array(repeating: Color(rawValue: -1), count: 200)),
    Lists(int32Values: Array(repeating: -1, count: 200)),
    Lists(boolValues: Array(repeating: true, count: 200)),
    Lists(stringValues: Array(repeating: "", count: 50)),
    Lists(bytesValues: Array(repeating: [1], count: 30)),
    Lists(leaves: Array(repeating: Leaf(), count: 10)),
    Everything(plain: Plain(boolValue: true), far: -1),
    Everything(plains: Array(repeating: Plain(), count: 3)),
    Tree(children: [Tree(children: [Tree(name: "x"), Tree()])]),
  ]

  @Test(arguments: growing.indices)
  func writesWhatIsCounted(index: Int) throws {
    let message = Self.growing[index]
    #expect(try encode(message) == message.encoded())
  }

  /// From small ones to those that are counted first.
  @Test func writesEverySize() throws {
    for count in stride(from: 0, to: 3_000, by: 7) {
      let message = Plain(boolValue: true, stringValue: String(repeating: "x", count: count))
      #expect(try encode(message) == message.encoded())
    }
  }

  private let arena = Arena(limit: 1 << 20)

  private func encode(_ message: some Message) throws -> [UInt8] {
    var place = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    defer { place.deallocate() }
    try message.encode(using: arena) { count in
      place = .allocate(byteCount: count + 1, alignment: 1)
      place[count] = 0xA5
      return place.baseAddress.unsafelyUnwrapped
    }
    #expect(place.last == 0xA5, "it wrote beyond its size")
    return Array(place.dropLast())
  }
}
