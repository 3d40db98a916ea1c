// For generated code: what its `init(unpacked:)` functions take over from protobuf-c's structs.

extension String {
  /// The string at `data`, which is known to be UTF-8.
  public init(unpacked data: UnsafeMutablePointer<UInt8>?, _ count: Int) {
    self = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  }
}

extension [UInt8] {
  /// The bytes at `data`.
  public init(unpacked data: UnsafeMutablePointer<UInt8>?, _ count: Int) {
    self = Array(UnsafeBufferPointer(start: data, count: count))
  }
}

extension Array where Element: Message {
  /// The messages behind an array of `count` pointers, none of them null.
  public init(unpacked pointers: UnsafeRawPointer?, _ count: Int) {
    let list = pointers?.assumingMemoryBound(to: UnsafeRawPointer.self)
    self = UnsafeBufferPointer(start: list, count: count).map { Element(unpacked: $0) }
  }
}
