import API
import RPC

extension LoadRun.Result {
  /// The lines for a person, and whether the server's counters are what it acknowledged.
  func report(_ plan: LoadPlan) -> (lines: [String], isConsistent: Bool) {
    let kind = plan.rate.map { "open loop, \(rounded($0, 0)) a second" } ?? "closed loop"
    let what = plan.completes ? "Allocate and Complete" : "Allocate"
    var lines = [
      "\(plan.connections) connections of \(plan.streams), \(kind), \(what) of \(plan.count)"
    ]
    let latencies = tally.latencies
    var figures = ["\(rounded(Double(latencies.count) / max(seconds, 0.001), 0)) /s"]
    for percent in [50, 99, 99.9] {
      let name = percent == 99.9 ? "p99.9" : "p\(Int(percent))"
      figures.append("\(name) \(rounded(Double(latencies.percentile(percent)) / 1e6, 2)) ms")
    }
    figures.append("max \(rounded(Double(latencies.maximum) / 1e6, 1)) ms")
    if let cpu, latencies.count > 0 {
      figures.append(
        "server CPU \(rounded(cpu / .microseconds(1) / Double(latencies.count), 1)) µs")
    }
    lines.append(figures.joined(separator: "  "))
    for (code, count) in tally.failures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      lines.append("\(count) failed with \(code)")
    }
    if let first = tally.firstFailure { lines.append("the first of them: \(first)") }
    let checks = [
      ("allocated", after.allocated - before.allocated, tally.allocated, tally.unsureAllocated),
      ("completed", after.completed - before.completed, tally.completed, tally.unsureCompleted),
    ]
    var isConsistent = true
    for (name, counted, acknowledged, unsure) in checks {
      let fits = (acknowledged...acknowledged + unsure).contains(Int(counted))
      isConsistent = isConsistent && fits
      let doubt = unsure > 0 ? " and up to \(unsure) more" : ""
      lines.append(
        "\(name): acknowledged \(acknowledged)\(doubt), counted \(counted): \(fits ? "right" : "WRONG")"
      )
    }
    return (lines, isConsistent)
  }
}

/// `value` with so many digits behind the point.
private func rounded(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * scale).rounded())
  guard digits > 0 else { return String(scaled) }
  let fraction = String(scaled % Int(scale))
  return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}
