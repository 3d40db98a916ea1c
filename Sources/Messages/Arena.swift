internal import CMessages
import Glibc

/// Memory for one decoding or encoding at a time, with a cap. protobuf-c allocates from it, nothing
/// is freed singly, and `reset` takes everything back. One per loop or thread.
public final class Arena {
  private let state: UnsafeMutablePointer<ArenaState>
  private let allocator: UnsafeMutablePointer<ProtobufCAllocator>

  /// An arena that never holds more than `limit` bytes.
  public init(limit: Int = Limits.arena) {
    state = .allocate(capacity: 1)
    state.initialize(to: ArenaState(limit: min(limit, Limits.largestArena)))
    allocator = .allocate(capacity: 1)
    allocator.initialize(
      to: ProtobufCAllocator(
        alloc: { data, size in
          data?.assumingMemoryBound(to: ArenaState.self).pointee.allocate(Int(size))
        },
        free: { _, _ in },
        allocator_data: state))
  }

  deinit {
    state.pointee.freeAll()
    state.deallocate()
    allocator.deallocate()
  }

  /// Takes all memory back. Pointers into the arena are void.
  public func reset() {
    state.pointee.reset()
  }

  /// Bytes handed out since the last reset.
  public var used: Int { state.pointee.used }

  /// protobuf-c's struct for `bytes`, which are checked before; valid until the next reset.
  @usableFromInline
  func unpack(
    _ bytes: UnsafeRawBufferPointer, _ schema: UnsafeRawPointer
  ) throws(DecodingFailure) -> UnsafeRawPointer {
    let schema = schema.assumingMemoryBound(to: WireMessage.self)
    let scan = try WireScan(bytes, schema)
    guard scan.needsNormalization else { return try unpackSound(bytes, schema) }
    let normalized = try WireNormalization.normalized(
      bytes, schema, limit: state.pointee.limit)
    return try normalized.withUnsafeBufferPointer { (buffer) throws(DecodingFailure) in
      try unpackSound(UnsafeRawBufferPointer(buffer), schema)
    }
  }

  private func unpackSound(
    _ bytes: UnsafeRawBufferPointer, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) -> UnsafeRawPointer {
    // With no bytes any pointer will do, but NULL won't.
    let start = bytes.baseAddress ?? UnsafeRawPointer(schema)
    let message = protobuf_c_message_unpack(
      schema.pointee.descriptor, allocator, bytes.count,
      start.assumingMemoryBound(to: UInt8.self))
    guard let message else {
      throw DecodingFailure(state.pointee.wasExhausted ? .memoryLimit : .malformed)
    }
    return UnsafeRawPointer(message)
  }

  /// The bytes of a small message, in the arena; nil: it isn't small. To count them beforehand would
  /// take as long as to write them, so they are copied once more instead.
  @usableFromInline
  func writeSmall(_ message: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer? {
    let most = used * Limits.wireGrowth
    guard used <= Limits.smallMessage, let place = state.pointee.allocate(most) else { return nil }
    let count = protobuf_c_message_pack(
      message.assumingMemoryBound(to: ProtobufCMessage.self),
      place.assumingMemoryBound(to: UInt8.self))
    assert(count <= most, "a message has grown beyond the room for it")
    return UnsafeRawBufferPointer(start: place, count: count)
  }

  /// How many bytes the packed message takes on the wire.
  @usableFromInline
  func packedSize(_ message: UnsafeMutableRawPointer) -> Int {
    protobuf_c_message_get_packed_size(message.assumingMemoryBound(to: ProtobufCMessage.self))
  }

  /// Writes what `packedSize` counted.
  @usableFromInline
  func write(_ message: UnsafeMutableRawPointer, to place: UnsafeMutableRawPointer) {
    _ = protobuf_c_message_pack(
      message.assumingMemoryBound(to: ProtobufCMessage.self),
      place.assumingMemoryBound(to: UInt8.self))
  }

  /// `size` bytes, aligned for any C type.
  @usableFromInline
  func allocate(_ size: Int) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    guard let place = state.pointee.allocate(size) else { throw EncodingFailure(.memoryLimit) }
    return place
  }
}

/// What the arena's C callback works on: a list of chunks, filled one after another.
private struct ArenaState {
  private struct Chunk {
    var start: UnsafeMutableRawPointer
    var size: Int
  }

  let limit: Int
  private var chunks: [Chunk] = []
  private var next: UnsafeMutableRawPointer?
  private var left = 0
  private(set) var used = 0
  private(set) var wasExhausted = false

  init(limit: Int) {
    self.limit = limit
  }

  mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= limit - used else { return exhausted() }
    let rounded = (size + 15) & ~15
    if rounded > left {
      guard addChunk(rounded) else { return exhausted() }
    }
    let place = next
    next = place.map { $0 + rounded }
    left -= rounded
    used += rounded
    return place
  }

  private mutating func exhausted() -> UnsafeMutableRawPointer? {
    wasExhausted = true
    return nil
  }

  private mutating func addChunk(_ atLeast: Int) -> Bool {
    // Each as large as all before it, so that their number stays small.
    let size = max(atLeast, chunks.reduce(Limits.arenaKeeps) { max($0, $1.size * 2) })
    let capped = max(atLeast, min(size, limit - used))
    guard let start = malloc(capped) else { return false }
    chunks.append(Chunk(start: start, size: capped))
    next = start
    left = capped
    return true
  }

  mutating func reset() {
    guard used > 0 || wasExhausted else { return }
    used = 0
    wasExhausted = false
    while let last = chunks.last, chunks.count > 1 || last.size > Limits.arenaKeeps {
      free(last.start)
      chunks.removeLast()
    }
    next = chunks.first?.start
    left = chunks.first?.size ?? 0
  }

  mutating func freeAll() {
    for chunk in chunks { free(chunk.start) }
    chunks = []
  }
}
