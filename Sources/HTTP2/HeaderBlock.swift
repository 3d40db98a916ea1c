internal import CNGHTTP2

/// Header fields that are sent again and again, in the form that nghttp2 takes, made once and never
/// freed: nghttp2 is told to point to them instead of copying. For a handful of constants.
// @unchecked: never changed once it is made.
public struct HeaderBlock: @unchecked Sendable {
  let vector: UnsafePointer<nghttp2_nv>
  let count: Int

  /// A block of `fields`.
  public init(_ fields: [HeaderField]) {
    let vector = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: max(fields.count, 1))
    let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
    for (index, field) in fields.enumerated() {
      let name = Self.permanent(field.name)
      let value = Self.permanent(field.value)
      (vector + index).initialize(
        to: nghttp2_nv(
          name: name.baseAddress, value: value.baseAddress, namelen: name.count,
          valuelen: value.count, flags: UInt8(truncatingIfNeeded: flags)))
    }
    self.vector = UnsafePointer(vector)
    count = fields.count
  }

  private static func permanent(_ text: HeaderField.Text) -> UnsafeMutableBufferPointer<UInt8> {
    let bytes: [UInt8]
    switch text {
    case .fixed(let text):
      return UnsafeMutableBufferPointer(
        start: UnsafeMutablePointer(mutating: text.utf8Start), count: text.utf8CodeUnitCount)
    case .string(let text): bytes = Array(text.utf8)
    case .bytes(let text): bytes = text
    }
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    return copy
  }
}
