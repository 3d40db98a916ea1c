/// A received header block: names and values in one flat buffer that is used for one block after
/// another. What it hands out is valid only during the call that it was passed to.
public final class HeaderList {
  private struct Entry {
    var start: Int32
    var nameCount: Int32
    var valueCount: Int32
  }

  /// Names and values as RFC 9113 section 6.5.2 counts them: 32 bytes more for each field.
  public private(set) var size = 0
  /// Whether fields were dropped because the block passed the limit.
  public private(set) var isTooLarge = false
  private let limit: Int
  private var bytes = ByteQueue()
  private var entries: [Entry] = []

  init(limit: Int) { self.limit = limit }

  /// How many fields there are, pseudo-header fields included.
  public var count: Int { entries.count }

  /// The name of field `index`, in lower case as HTTP/2 has it.
  public func name(at index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    return slice(Int(entry.start), Int(entry.nameCount))
  }

  /// The value of field `index`.
  public func value(at index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    return slice(Int(entry.start + entry.nameCount), Int(entry.valueCount))
  }

  /// The value of the first field of this name, which is in lower case.
  public func first(_ name: StaticString) -> UnsafeRawBufferPointer? {
    for index in entries.indices where self.name(at: index).equals(name) {
      return value(at: index)
    }
    return nil
  }

  func removeAll() {
    bytes.removeAll()
    entries.removeAll(keepingCapacity: true)
    size = 0
    isTooLarge = false
  }

  func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    size += name.count + value.count + 32
    guard size <= limit else {
      isTooLarge = true
      return
    }
    entries.append(
      Entry(
        start: Int32(truncatingIfNeeded: bytes.count),
        nameCount: Int32(truncatingIfNeeded: name.count),
        valueCount: Int32(truncatingIfNeeded: value.count)))
    bytes.append(name)
    bytes.append(value)
  }

  private func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<start + count])
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `text`.
  @inlinable
  public func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: count))
  }
}
