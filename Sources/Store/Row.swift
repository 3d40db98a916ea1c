/// The values of one row or of one query, in the order `$1`, `$2`, …
public struct Row: ~Copyable {
  let buffer: RowBuffer

  init(buffer: RowBuffer) { self.buffer = buffer }

  /// Appends an integer; a UInt64 by its bits, as BIGINT has a sign.
  public mutating func bind(_ value: some FixedWidthInteger) {
    buffer.append(Int64(truncatingIfNeeded: value))
  }

  /// Appends an integer: most are of this type, and the generic one costs a look at tables of types.
  public mutating func bind(_ value: Int64) { buffer.append(value) }

  /// Appends an integer or NULL.
  public mutating func bind(_ value: Int64?) {
    if let value { buffer.append(value) } else { buffer.appendNull() }
  }

  /// Appends 1 or 0.
  public mutating func bind(_ value: Bool) { buffer.append(value ? 1 : 0) }

  /// Appends text.
  public mutating func bind(_ value: String) { buffer.append(value) }

  /// Appends text or NULL.
  public mutating func bind(_ value: String?) {
    if let value { buffer.append(value) } else { buffer.appendNull() }
  }

  /// Appends bytes.
  public mutating func bind(_ value: [UInt8]) { buffer.append(value) }

  /// Appends an instant as BIGINT microseconds.
  public mutating func bind(_ value: Timestamp) { buffer.append(value.microseconds) }

  /// Appends an instant as BIGINT microseconds.
  public mutating func bind(_ value: BootTime) { buffer.append(value.microseconds) }

  /// Appends an instant or NULL.
  public mutating func bind(_ value: Timestamp?) { bind(value?.microseconds) }

  /// Appends an instant or NULL.
  public mutating func bind(_ value: BootTime?) { bind(value?.microseconds) }

  /// Appends NULL.
  public mutating func bindNull() { buffer.appendNull() }
}
