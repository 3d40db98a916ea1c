/// Rows of text in columns.
struct TextTable: Equatable {
  let head: [String]
  var rows: [[String]] = []

  /// With a head and aligned for a person; with tabs, and nothing else, for a script.
  func lines(isTerminal: Bool) -> [String] {
    let rows = rows.map { $0.map(printable) }
    guard isTerminal else { return rows.map { $0.joined(separator: "\t") } }
    let all = head.isEmpty ? rows : [head] + rows
    let widths = (0..<(all.map(\.count).max() ?? 0)).map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        // The last column has no end to keep to.
        guard column + 1 < row.count else { break }
        line += String(repeating: " ", count: widths[column] - cell.count + 2)
      }
      return line
    }
  }
}
