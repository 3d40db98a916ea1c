public import API
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Forms, and the figures in them.
extension StockService {
  /// A form that was asked for, and can't change any more.
  struct Sealed: Sendable {
    var business: String
    var window: FormWindow
    var version: Int64
    var newest: Int64

    func form(_ connection: ReadConnection) throws(StoreError) -> Result<StockForm, StockRefusal> {
      guard
        let form = try StockForm(
          business, window, version: version, newest: newest, connection)
      else { return .failure(.policiesVersionInvalid(newest: newest)) }
      return .success(form)
    }
  }

  private func sealed(
    _ business: String, _ key: FormKey?, _ context: ServerContext
  ) async throws(RPCError) -> Sealed {
    let window: FormWindow
    do throws(StockRefusal) {
      guard let key else { throw .messageMissing(field: "form") }
      window = try FormWindow(
        start: key.windowStart?.checkedMicroseconds, end: key.windowEnd?.checkedMicroseconds)
    } catch {
      throw error.rpcError
    }
    let newest = try await calls.seal(business, window.end, context)
    return Sealed(
      business: business, window: window, version: key?.policiesVersion ?? 0, newest: newest)
  }

  /// A page of a form.
  public func getForm(
    _ request: GetFormRequest, context: ServerContext
  ) async throws(RPCError) -> GetFormResponse {
    let size: Int
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      size = try Self.pageSize(request.pageSize)
      guard request.pageToken.isEmpty || StockNames.isGood(request.pageToken) else {
        throw .pageTokenInvalid
      }
    } catch {
      throw error.rpcError
    }
    let sealed = try await sealed(request.business, request.form, context)
    return try await calls.look(context) { (connection) throws(StoreError) in
      let form: StockForm
      switch try sealed.form(connection) {
      case .success(let made): form = made
      case .failure(let refusal): return .failure(refusal)
      }
      let page = try form.lines(after: request.pageToken, limit: size, connection)
      return .success(
        GetFormResponse(
          form: form.key, ledgerSequence: try form.ledgerSequence(connection),
          lines: page.lines.map(\.message), nextPageToken: page.next ?? ""))
    }
  }

  /// A form as CSV.
  public func exportForm(
    _ request: ExportFormRequest, responses: ResponseWriter<ExportFormResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    do throws(StockRefusal) { try Self.check(business: request.business) } catch {
      throw error.rpcError
    }
    let sealed = try await sealed(request.business, request.form, context)
    var last: String? = ""
    while let after = last {
      let (response, next) = try await piece(of: sealed, after: after, context)
      if !response.csv.isEmpty { try await responses.write(response) }
      last = next
    }
  }

  /// Lines of CSV after a good, and behind which good it goes on, if there is more.
  private func piece(
    of sealed: Sealed, after good: String, _ context: ServerContext
  ) async throws(RPCError) -> (ExportFormResponse, next: String?) {
    try await calls.look(context) { (connection) throws(StoreError) in
      let form: StockForm
      switch try sealed.form(connection) {
      case .success(let made): form = made
      case .failure(let refusal): return .failure(refusal)
      }
      var response = ExportFormResponse()
      if good.isEmpty {
        response.form = form.key
        response.ledgerSequence = try form.ledgerSequence(connection)
        response.csv = CSVLine.bytes(StockForm.Line.columns)
      }
      let page = try form.lines(after: good, limit: StockLimits.linesPerPiece, connection)
      for line in page.lines { response.csv += CSVLine.bytes(line.fields) }
      return .success((response, next: page.next))
    }
  }

  /// A figure, with the entries that made it.
  public func explainFigure(
    _ request: ExplainFigureRequest, context: ServerContext
  ) async throws(RPCError) -> ExplainFigureResponse {
    let size: Int
    let figure: StockFigure
    var token: ExplanationToken?
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      guard StockNames.isGood(request.good) else { throw .goodInvalid(field: "good") }
      guard let known = StockFigure(rawValue: request.figure.rawValue) else {
        throw .figureKindInvalid
      }
      figure = known
      if figure == .quantityToOrder, request.form == nil { throw .messageMissing(field: "form") }
      size = try Self.pageSize(request.pageSize)
      if !request.pageToken.isEmpty { token = try ExplanationToken(request.pageToken) }
    } catch {
      throw error.rpcError
    }
    var seal: Sealed?
    if request.form != nil {
      seal = try await sealed(request.business, request.form, context)
    }
    let explanation = Explanation(
      business: request.business, good: request.good, figure: figure, size: size, token: token,
      sealed: seal)
    return try await calls.look(context) { (connection) throws(StoreError) in
      try explanation.response(connection)
    }
  }
}
