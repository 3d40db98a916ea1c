/// Reads one snapshot of what is committed. Valid only during the call it is given to.
public final class ReadConnection {
  let connection: SQLiteConnection

  init(_ connection: SQLiteConnection) { self.connection = connection }

  /// Calls `each` for every row; `bind` gives `$1`, `$2`, … Bound the result in the statement.
  public func query(
    _ statement: Statement, bind: (inout Row) -> Void = { _ in },
    _ each: (borrowing ResultRow) throws(StoreError) -> Void
  ) throws(StoreError) {
    try queryWhile(statement, bind: bind) { (row) throws(StoreError) in
      try each(row)
      return true
    }
  }

  /// The same until `each` says that it wants no more rows: the engine reads a row's columns before it knows
  /// that nobody looks at them.
  func queryWhile(
    _ statement: Statement, bind: (inout Row) -> Void,
    _ each: (borrowing ResultRow) throws(StoreError) -> Bool
  ) throws(StoreError) {
    do {
      try connection.queryWhile(statement, bind: bind, each)
    } catch {
      switch error {
      case .engine(let failure): throw failure.error
      case .caller(let error): throw error
      }
    }
  }
}

/// What ends a query early: the engine, or the one who reads the rows.
enum QueryFailure: Error {
  case engine(SQLiteFailure)
  case caller(StoreError)
}

extension SQLiteConnection {
  func query(
    _ statement: Statement, bind: (inout Row) -> Void,
    _ each: (borrowing ResultRow) throws(StoreError) -> Void
  ) throws(QueryFailure) {
    try queryWhile(statement, bind: bind) { (row) throws(StoreError) in
      try each(row)
      return true
    }
  }

  func queryWhile(
    _ statement: Statement, bind: (inout Row) -> Void,
    _ each: (borrowing ResultRow) throws(StoreError) -> Bool
  ) throws(QueryFailure) {
    // A query inside `each` gets a buffer of its own: the engine still points into this one.
    let parameters = parameterBuffers.popLast() ?? RowBuffer(capacity: 512)
    defer { parameterBuffers.append(parameters) }
    parameters.removeAll()
    var row = Row(buffer: parameters)
    bind(&row)
    var thrown: StoreError?
    do {
      try query(statement, parameters) { row in
        do throws(StoreError) {
          return try each(row)
        } catch {
          thrown = error
          return false
        }
      }
    } catch {
      throw .engine(error)
    }
    if let thrown { throw .caller(thrown) }
  }
}
