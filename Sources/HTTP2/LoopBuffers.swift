internal import CNGHTTP2
internal import EventLoop

/// The blocks that the sessions of one loop allocate and free. Each connection holds on to it, because
/// a session must not outlive it.
final class SessionMemory {
  private let pool = cnghttp2_pool_new()

  deinit { if let pool { cnghttp2_pool_delete(pool) } }

  /// nil if there was no memory for the pool itself.
  var allocator: nghttp2_mem? { pool.map { cnghttp2_pool_mem($0) } }
}

/// What the connections of one loop share: a read buffer, a write buffer, header lists for reuse,
/// and the list of connections that have something to flush at the end of the tick.
final class LoopBuffers {
  static let readSize = 64 * 1024
  static let writeSize = 64 * 1024
  private static let keptHeaderLists = 16

  let read = UnsafeMutableRawBufferPointer.allocate(byteCount: readSize, alignment: 16)
  let write = UnsafeMutableRawBufferPointer.allocate(byteCount: writeSize, alignment: 16)
  let headers = HeaderEncoder()
  let memory = SessionMemory()
  /// Closed streams that the loop's connections keep for reuse.
  var restingStreams = 0
  /// A connection has a list only while a header block comes in, so there are as few as the blocks that
  /// came in parts at the same time.
  private var headerLists: [HeaderList] = []
  private var dirty: [HTTP2Connection] = []
  private var flushing: [HTTP2Connection] = []
  private unowned let loop: Loop

  init(loop: Loop) { self.loop = loop }

  deinit {
    read.deallocate()
    write.deallocate()
  }

  static func of(_ loop: Loop) -> LoopBuffers { loop.local { LoopBuffers(loop: loop) } }

  /// Has `connection` flushed at the end of the tick.
  func flushAtTickEnd(_ connection: HTTP2Connection) {
    if dirty.isEmpty { loop.atTickEnd { [unowned self] in flush() } }
    dirty.append(connection)
  }

  func takeHeaders() -> HeaderList { headerLists.popLast() ?? HeaderList() }

  func giveBack(_ headers: HeaderList) {
    if headerLists.count < Self.keptHeaderLists { headerLists.append(headers) }
  }

  private func flush() {
    swap(&dirty, &flushing)
    for connection in flushing { connection.flushIfNeeded() }
    flushing.removeAll(keepingCapacity: true)
  }
}
