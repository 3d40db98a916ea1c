internal import API
internal import Messages
internal import Store

/// Why a figure is what it is: a page of the entries that made it.
struct Explanation: Sendable {
  var business: String
  var good: String
  var figure: StockFigure
  var size: Int
  /// Nil: the first page.
  var token: ExplanationToken?
  /// Nil: the figure as it is now.
  var sealed: StockService.Sealed?

  func response(
    _ connection: ReadConnection
  ) throws(StoreError) -> Result<ExplainFigureResponse, StockRefusal> {
    guard try connection.good(business, good) != nil else { return .failure(.goodNotFound) }
    var form: StockForm?
    switch try sealed?.form(connection) {
    case .success(let made): form = made
    case .failure(let refusal): return .failure(refusal)
    case nil: break
    }
    let line = try form?.line(of: good, connection)
    if figure == .quantityToOrder, line == nil {
      return .failure(.policyNotFound(field: "good"))
    }
    if let token, let form, token.last.time >= form.window.end {
      return .failure(.pageTokenInvalid)
    }
    guard let newest = try newest(form, connection) else {
      return .success(response(value: line, figures: StockFigures(), form))
    }
    var figures = newest.figures
    if let form, figure == .shipped {
      let start = try connection.entry(of: good, business, before: form.window.start)
      figures.shipped -= start?.figures.shipped ?? 0
    }
    var response = response(value: line, figures: figures, form)
    try add(entriesUpTo: newest.place, form, &response, connection)
    return .success(response)
  }

  private func response(
    value line: StockForm.Line?, figures: StockFigures, _ form: StockForm?
  ) -> ExplainFigureResponse {
    ExplainFigureResponse(
      value: figure == .quantityToOrder
        ? line?.replenishment.quantityToOrder ?? 0 : figure.value(in: figures),
      line: token == nil ? line?.message : nil, form: form?.key)
  }

  private func add(
    entriesUpTo newest: ExplanationToken.Place, _ form: StockForm?,
    _ response: inout ExplainFigureResponse, _ connection: ReadConnection
  ) throws(StoreError) {
    let start = figure == .shipped ? form?.window.start ?? .min : .min
    let place = token?.last ?? newest.next
    var last: ExplanationToken.Place?
    var looked = 0
    pages: while looked < StockLimits.rowsPerPage {
      let entries = try connection.entries(
        of: good, business, from: start, before: last ?? place, limit: size + 1)
      for stored in entries {
        if figure.isChanged(by: stored.entry.change) {
          // The page is full, and here is one more.
          guard response.entries.count < size else { break pages }
          response.entries.append(stored.message)
        }
        last = .init(time: stored.time, sequence: stored.entry.sequence)
      }
      guard entries.count > size else { return }
      looked += entries.count
    }
    guard let last else { return }
    response.nextPageToken =
      ExplanationToken(newest: token?.newest ?? newest, last: last).text
  }

  /// The entry behind which the figure is. A later page's figure now is that of the first page.
  private func newest(
    _ form: StockForm?, _ connection: ReadConnection
  ) throws(StoreError) -> NewestEntry? {
    guard form == nil, let token else {
      return try connection.entry(of: good, business, before: form?.window.end ?? .max)
    }
    let found = try connection.entries(
      of: good, business, from: .min, before: token.newest.next, limit: 1
    ).first
    return found.map {
      NewestEntry(
        place: .init(time: $0.time, sequence: $0.entry.sequence), figures: $0.entry.after)
    }
  }
}
