import API
import Messages

extension API.Pool {
  /// A row a pool.
  static func table(_ pools: [API.Pool]) -> TextTable {
    TextTable(
      head: ["BUSINESS", "TEMPLATE", "IN POOL", "IN PERIOD", "LIVE", "QUARANTINED", "STATE"],
      rows: pools.map { pool in
        let stock = pool.stock ?? PoolStock()
        return [
          pool.business, pool.template, "\(stock.remainingInPool)", "\(stock.remainingInPeriod)",
          "\(stock.live)", "\(stock.quarantined)", pool.state,
        ]
      })
  }

  /// Whether it hands out numbers, and why not.
  private var state: String {
    if let stop = businessStops.first { return "business stopped: \(stop.cause)" }
    if let stop = generationStops.first { return "generation stopped: \(stop.cause)" }
    return stock?.serialsLow == true ? "serials low" : "runs"
  }

  /// A row a setting, a figure of the stock, a counter.
  func details(_ counter: API.Counter) -> TextTable {
    let stock = stock ?? PoolStock()
    var rows = [
      ["business", business], ["template", template], ["time zone", timeZone],
      ["serial period", stock.period.isEmpty ? "never starts again" : stock.period],
      ["watermarks", "\(lowWatermark ?? 0) to \(highWatermark ?? 0)"],
      ["quarantine", quarantine?.text ?? ""], ["default lease", defaultLeaseTTL?.text ?? ""],
      ["state", state], ["in pool", "\(stock.remainingInPool)"],
      ["in period", "\(stock.remainingInPeriod)"], ["live", "\(stock.live)"],
      ["quarantined", "\(stock.quarantined)"],
    ]
    if let runDryTime { rows.append(["runs dry", runDryTime.text]) }
    let counts = [
      ("generated", counter.generated), ("allocated", counter.allocated),
      ("completed", counter.completed), ("released", counter.released),
      ("expired", counter.expired), ("reused", counter.reused), ("lapsed", counter.lapsed),
      ("retired", counter.retired),
    ]
    rows += counts.map { [$0, "\($1)"] }
    rows += counter.completedAmounts.map {
      ["completed \($0.currencyCode)", "\($0.amountMinor) minor units"]
    }
    return TextTable(head: [], rows: rows)
  }
}

extension PoolStop {
  fileprivate var cause: String { warning.isEmpty ? reason : "warning \(warning)" }
}
