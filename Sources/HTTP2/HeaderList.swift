internal import Glibc

/// A received header block: names and values in one flat buffer that is used for one block after
/// another, of any connection. What it hands out is valid only during the call that it was passed to;
/// who wants to keep it exchanges it for a list of their own.
public final class HeaderList {
  // Seen from other modules, so that what looks at each field of each call becomes a few loads there.
  @usableFromInline
  struct Entry {
    @usableFromInline var start: Int32
    @usableFromInline var nameCount: Int32
    @usableFromInline var valueCount: Int32
  }

  /// The bytes that RFC 9113 section 6.5.2 counts for a field beside its name and value.
  private static let fieldOverhead = 32

  /// Names and values as RFC 9113 section 6.5.2 counts them.
  public private(set) var size = 0
  /// How many fields there are, pseudo-header fields included.
  public private(set) var count = 0
  /// Whether fields were dropped because the block passed the limit.
  public private(set) var isTooLarge = false
  private var limit = 0
  @usableFromInline private(set) var bytes: UnsafeMutableRawPointer
  @usableFromInline private(set) var entries: UnsafeMutablePointer<Entry>
  private var used = 0
  /// What both buffers have room for, in the measure of `size`.
  private var capacity = usualSize

  /// Room for what calls usually send.
  private static let usualSize = 1024

  /// An empty list.
  public init() { (bytes, entries) = Self.allocate(capacity) }

  private static func allocate(
    _ capacity: Int
  ) -> (UnsafeMutableRawPointer, UnsafeMutablePointer<Entry>) {
    (
      .allocate(byteCount: max(capacity, 1), alignment: 16),
      .allocate(capacity: max(capacity / fieldOverhead, 1))
    )
  }

  deinit {
    bytes.deallocate()
    entries.deallocate()
  }

  /// The name of field `index`, in lower case as HTTP/2 has it; empty beyond the last.
  @inlinable
  public func name(at index: Int) -> UnsafeRawBufferPointer {
    guard index >= 0, index < count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let entry = entries[index]
    return UnsafeRawBufferPointer(start: bytes + Int(entry.start), count: Int(entry.nameCount))
  }

  /// The value of field `index`; empty beyond the last.
  @inlinable
  public func value(at index: Int) -> UnsafeRawBufferPointer {
    guard index >= 0, index < count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let entry = entries[index]
    let start = bytes + Int(entry.start) + Int(entry.nameCount)
    return UnsafeRawBufferPointer(start: start, count: Int(entry.valueCount))
  }

  /// The value of the first field of this name, which is in lower case.
  public func first(_ name: StaticString) -> UnsafeRawBufferPointer? {
    for index in 0..<count where self.name(at: index).equals(name) { return value(at: index) }
    return nil
  }

  /// Gives `other` what this list holds, and takes what that one held, without a copy.
  public func exchange(with other: HeaderList) {
    swap(&size, &other.size)
    swap(&count, &other.count)
    swap(&isTooLarge, &other.isTooLarge)
    swap(&limit, &other.limit)
    swap(&bytes, &other.bytes)
    swap(&entries, &other.entries)
    swap(&used, &other.used)
    swap(&capacity, &other.capacity)
  }

  /// Empties it for a block whose `size`, and so both buffers, `limit` bounds.
  func removeAll(limit: Int) {
    self.limit = limit
    used = 0
    count = 0
    size = 0
    isTooLarge = false
  }

  func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let total = name.count + value.count
    size += total + Self.fieldOverhead
    guard size <= limit else {
      isTooLarge = true
      return
    }
    if size > capacity { grow() }
    entries[count] = Entry(
      start: Int32(truncatingIfNeeded: used), nameCount: Int32(truncatingIfNeeded: name.count),
      valueCount: Int32(truncatingIfNeeded: value.count))
    count += 1
    if let source = name.baseAddress {
      (bytes + used).copyMemory(from: source, byteCount: name.count)
    }
    used += name.count
    if let source = value.baseAddress {
      (bytes + used).copyMemory(from: source, byteCount: value.count)
    }
    used += value.count
  }
}

extension HeaderList {
  private func grow() {
    let old = (bytes, entries)
    capacity = min(limit, max(size, capacity * 2))
    (bytes, entries) = Self.allocate(capacity)
    bytes.copyMemory(from: old.0, byteCount: used)
    entries.update(from: old.1, count: count)
    old.0.deallocate()
    old.1.deallocate()
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `text`. Always inlined: with a literal the comparison becomes a few
  /// loads.
  @inline(__always)
  public func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    guard let start = baseAddress else { return true }
    return memcmp(start, text.utf8Start, text.utf8CodeUnitCount) == 0
  }
}
