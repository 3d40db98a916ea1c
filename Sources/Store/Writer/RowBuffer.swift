/// Rows that wait for their execution, flat: no object, no reference count a value.
///
/// Text and bytes are copied into one block and handed to the engine from there, so nothing may be
/// appended while rows are being executed.
final class RowBuffer {
  enum Kind: UInt8 { case null, integer, text, bytes }

  /// `value` is the integer, or the offset of `length` bytes in the block.
  struct Cell {
    var kind: Kind
    var length: Int32
    var value: Int64
  }

  /// Neighbouring rows of one statement.
  struct Run {
    let statement: Statement
    var firstCell: Int
    var rows: Int
    var columns: Int
  }

  /// Where a command began, so that its rows can be taken back.
  struct Mark {
    var runs: Int
    var lastRunRows: Int
    var cells: Int
    var bytes: Int
    var rows: Int
  }

  private(set) var runs: [Run] = []
  private(set) var cells: [Cell] = []
  private(set) var rows = 0
  private(set) var byteCount = 0
  private var block: UnsafeMutableRawPointer
  private var capacity: Int

  init(capacity: Int = 4096) {
    self.capacity = capacity
    block = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { block.deallocate() }

  /// Start of the block that text and bytes lie in.
  var base: UnsafeRawPointer { UnsafeRawPointer(block) }

  /// What the rows take, cells included.
  var size: Int { byteCount + cells.count * MemoryLayout<Cell>.stride }

  func appendRow(of statement: Statement, _ bind: (inout Row) -> Void) {
    let first = cells.count
    var row = Row(buffer: self)
    bind(&row)
    let columns = cells.count - first
    rows += 1
    if let last = runs.indices.last, runs[last].statement.text.id == statement.text.id,
      runs[last].columns == columns
    {
      runs[last].rows += 1
    } else {
      runs.append(Run(statement: statement, firstCell: first, rows: 1, columns: columns))
    }
  }

  func append(_ value: Int64) { cells.append(Cell(kind: .integer, length: 0, value: value)) }

  func appendNull() { cells.append(Cell(kind: .null, length: 0, value: 0)) }

  func append(_ value: String) {
    var value = value
    value.withUTF8 { append(.text, UnsafeRawBufferPointer($0)) }
  }

  func append(_ value: [UInt8]) {
    value.withUnsafeBytes { append(.bytes, $0) }
  }

  private func append(_ kind: Kind, _ bytes: UnsafeRawBufferPointer) {
    if byteCount + bytes.count > capacity { grow(to: byteCount + bytes.count) }
    if let source = bytes.baseAddress {
      (block + byteCount).copyMemory(from: source, byteCount: bytes.count)
    }
    cells.append(Cell(kind: kind, length: Int32(clamping: bytes.count), value: Int64(byteCount)))
    byteCount += bytes.count
  }

  private func grow(to needed: Int) {
    let larger = max(needed, capacity * 2)
    let next = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    next.copyMemory(from: block, byteCount: byteCount)
    block.deallocate()
    block = next
    capacity = larger
  }

  var mark: Mark {
    Mark(
      runs: runs.count, lastRunRows: runs.last?.rows ?? 0, cells: cells.count, bytes: byteCount,
      rows: rows)
  }

  func truncate(to mark: Mark) {
    runs.removeLast(runs.count - mark.runs)
    if let last = runs.indices.last { runs[last].rows = mark.lastRunRows }
    cells.removeLast(cells.count - mark.cells)
    byteCount = mark.bytes
    rows = mark.rows
  }

  func removeAll() {
    runs.removeAll(keepingCapacity: true)
    cells.removeAll(keepingCapacity: true)
    rows = 0
    byteCount = 0
  }
}
