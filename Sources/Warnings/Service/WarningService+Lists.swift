public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// What is read of the tables.
extension WarningService {
  /// Notes who cares for a warning.
  public func acknowledgeWarning(
    _ request: AcknowledgeWarningRequest, context: ServerContext
  ) async throws(RPCError) -> AcknowledgeWarningResponse {
    guard (1...WarningLimits.personBytes).contains(request.acknowledgedBy.utf8.count) else {
      throw WarningRefusal.personInvalid.rpcError
    }
    guard request.note.utf8.count <= WarningLimits.noteBytes else {
      throw WarningRefusal.noteTooLong(field: "note").rpcError
    }
    let principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(
        request, "AcknowledgeWarning", of: "", context)
    ) { (book, batch) throws(WarningFailure) in
      let warning = try book.acknowledge(
        request.id, by: request.acknowledgedBy, principal: principal, note: request.note, batch)
      return AcknowledgeWarningResponse(warning: warning, repeatable: request.isRepeatable)
    }
  }

  /// A page of warnings; its token names the last row that was looked at, and the first page's cursor.
  public func listWarnings(
    _ request: ListWarningsRequest, context: ServerContext
  ) async throws(RPCError) -> ListWarningsResponse {
    let size = try Self.pageSize(request.pageSize)
    let filter: WarningFilter
    let token: WarningPageToken
    do throws(WarningRefusal) {
      filter = try WarningFilter(
        business: request.business, kinds: request.kinds, least: request.leastSeverity)
      token = try WarningPageToken(request.pageToken)
    } catch {
      throw error.rpcError
    }
    let statement =
      request.history ? WarningStatements.warningsBelow : WarningStatements.openWarningsBelow
    let page = try await calls.read(context) { (connection) throws(StoreError) in
      var page = RowPage<API.Warning>(size: size, from: token.below)
      try connection.query(statement, bind: page.bind) { row in
        let business = row.text(1)
        page.look(
          id: row.integer(0),
          isWanted: filter.takes(
            business: business, kind: Int32(truncatingIfNeeded: row.integer(2)),
            severity: Int32(truncatingIfNeeded: row.integer(3)))
        ) { try? API.Warning(decoding: row.bytes(4)) }
      }
      if let head = token.head {
        page.head = head
      } else {
        page.head = try connection.head(of: WarningFeeds.warnings)
      }
      return page
    }
    return ListWarningsResponse(
      warnings: page.items,
      nextPageToken: page.next.map { WarningPageToken(below: $0, head: page.head).text } ?? "",
      cursor: calls.store.cursor(of: WarningFeeds.warnings, at: page.head))
  }

  /// A page of instructions.
  public func listInstructions(
    _ request: ListInstructionsRequest, context: ServerContext
  ) async throws(RPCError) -> ListInstructionsResponse {
    let size = try Self.pageSize(request.pageSize)
    let token: WarningPageToken
    do throws(WarningRefusal) {
      token = try WarningPageToken(request.pageToken)
      if let attendant = request.attendant, !attendant.isInOrder {
        throw .attendantInvalid(field: "attendant")
      }
    } catch {
      throw error.rpcError
    }
    let statement =
      request.history
      ? WarningStatements.instructionsBelow : WarningStatements.openInstructionsBelow
    let page = try await calls.read(context) { (connection) throws(StoreError) in
      var page = RowPage<API.Instruction>(size: size, from: token.below)
      try connection.query(statement, bind: page.bind) { row in
        let attendant = API.Attendant(
          role: AttendantRole(rawValue: Int32(truncatingIfNeeded: row.integer(2))),
          name: row.text(3))
        let isWanted =
          (request.business.isEmpty || request.business == row.text(1))
          && (request.attendant == nil || request.attendant == attendant)
          && (request.warning == 0 || request.warning == row.integer(4))
        page.look(id: row.integer(0), isWanted: isWanted) {
          try? API.Instruction(decoding: row.bytes(5))
        }
      }
      return page
    }
    return ListInstructionsResponse(
      instructions: page.items,
      nextPageToken: page.next.map { WarningPageToken(below: $0, head: 0).text } ?? "")
  }
}

/// A page of rows by falling ids: at most so many that are wanted, of at most so many looked at.
struct RowPage<Item: Sendable>: Sendable {
  private let size: Int
  private let below: Int64
  private var rows = 0
  private(set) var items: [Item] = []
  /// Where the next page begins; nil: there is none.
  private(set) var next: Int64?
  private var last: Int64 = 0
  var head: Int64 = 0

  init(size: Int, from below: Int64) {
    self.size = size
    self.below = below
  }

  func bind(_ row: inout Row) {
    row.bind(below)
    row.bind(WarningLimits.rowsPerPage + 1)
  }

  mutating func look(id: Int64, isWanted: Bool, _ make: () -> Item?) {
    guard next == nil else { return }
    guard rows < WarningLimits.rowsPerPage, items.count < size else {
      next = last
      return
    }
    rows += 1
    last = id
    if isWanted, let item = make() { items.append(item) }
  }
}

/// Where a list goes on, as text.
struct WarningPageToken: Sendable, Equatable {
  var below: Int64
  /// Of the feed in the first page's snapshot; nil on the first page.
  var head: Int64?

  init(below: Int64, head: Int64) {
    self.below = below
    self.head = head
  }

  init(_ text: String) throws(WarningRefusal) {
    guard !text.isEmpty else {
      below = .max
      return
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let below = Int64(parts[0]), let head = Int64(parts[1]), below > 0,
      head >= 0, text == "\(below)-\(head)"
    else { throw .pageTokenInvalid }
    self.below = below
    self.head = head
  }

  var text: String { "\(below)-\(head ?? 0)" }
}
