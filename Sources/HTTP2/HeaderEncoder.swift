internal import CNGHTTP2

/// Header fields as nghttp2 takes them, built anew for each block in memory that is used again.
/// Confined to a loop.
final class HeaderEncoder {
  private struct Copied {
    var field: Int
    var isName: Bool
    var offset: Int
    var count: Int
  }

  private var vector: [nghttp2_nv] = []
  private var scratch = ByteQueue()
  private var copied: [Copied] = []

  /// Calls `body` with the fields; what they point to is valid during the call, and nghttp2 copies
  /// whatever isn't fixed.
  func withFields<Result>(
    _ fields: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
  ) -> Result {
    vector.removeAll(keepingCapacity: true)
    copied.removeAll(keepingCapacity: true)
    scratch.removeAll()
    for (index, field) in fields.enumerated() {
      vector.append(nghttp2_nv())
      set(field.name, isName: true, of: index)
      set(field.value, isName: false, of: index)
    }
    // Only now, because the scratch memory may have moved while it grew.
    let base = scratch.bytes.baseAddress
    for text in copied {
      let start = base.map {
        UnsafeMutablePointer(mutating: ($0 + text.offset).assumingMemoryBound(to: UInt8.self))
      }
      point(text.isName, of: text.field, to: start, text.count)
    }
    return vector.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
  }

  private func set(_ text: HeaderField.Text, isName: Bool, of index: Int) {
    switch text {
    case .fixed(let text):
      let flag = isName ? NGHTTP2_NV_FLAG_NO_COPY_NAME : NGHTTP2_NV_FLAG_NO_COPY_VALUE
      vector[index].flags |= UInt8(flag.rawValue)
      let start = UnsafeMutablePointer(mutating: text.utf8Start)
      point(isName, of: index, to: start, text.utf8CodeUnitCount)
    case .string(var text):
      text.withUTF8 { append(UnsafeRawBufferPointer($0), isName: isName, of: index) }
    case .bytes(let bytes):
      bytes.withUnsafeBytes { append($0, isName: isName, of: index) }
    }
  }

  private func append(_ bytes: UnsafeRawBufferPointer, isName: Bool, of index: Int) {
    copied.append(Copied(field: index, isName: isName, offset: scratch.count, count: bytes.count))
    scratch.append(bytes)
  }

  private func point(
    _ isName: Bool, of index: Int, to text: UnsafeMutablePointer<UInt8>?, _ count: Int
  ) {
    if isName {
      vector[index].name = text
      vector[index].namelen = count
    } else {
      vector[index].value = text
      vector[index].valuelen = count
    }
  }
}
