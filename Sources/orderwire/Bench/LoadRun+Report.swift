import API
import RPC

extension LoadRun.Result {
  /// The lines for a person, and whether the server's counters are what it acknowledged.
  func report(_ plan: LoadPlan) -> (lines: [String], isConsistent: Bool) {
    let kind = plan.rate.map { "open loop, \(rounded($0, 0)) a second" } ?? "closed loop"
    let what = plan.completes ? "Allocate and Complete" : plan.method.name
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
    lines += aboutTheBench(plan)
    if tally.repeated > 0 { lines.append("\(tally.repeated) calls were made again") }
    for (code, count) in tally.failures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      lines.append("\(count) failed with \(code)")
    }
    if let first = tally.firstFailure { lines.append("the first of them: \(first)") }
    // What isn't durable counts nothing.
    let checks: [(String, Int64, Int, Int)]
    switch plan.method {
    case .parse: return (lines, true)
    case .allocate, .allocateStream:
      checks = [
        ("allocated", after.allocated - before.allocated, tally.allocated, tally.unsureAllocated),
        ("completed", after.completed - before.completed, tally.completed, tally.unsureCompleted),
      ]
    case .submit:
      checks = [("submitted", orders.after - orders.before, tally.submitted, tally.unsureSubmitted)]
    }
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

extension LoadRun.Result {
  /// A loop that is busy for more than this of its time delays what it measures.
  private static let busy = 0.9

  /// What this process had to do with the figures.
  private func aboutTheBench(_ plan: LoadPlan) -> [String] {
    let share = ownCPU / (.seconds(1) * max(seconds, 0.001)) / Double(loops)
    var line = "the bench: CPU \(rounded(share * 100, 0)) % of \(loops) loops"
    if plan.rate != nil {
      let late = [50, 99].map { rounded(Double(tally.lateness.percentile($0)) / 1e6, 2) }
      line += ", began calls late by p50 \(late[0]) p99 \(late[1]) ms"
    }
    guard share > Self.busy else { return [line] }
    return [line, "The bench is the limit, not the server: give it more --loops, or fewer calls."]
  }
}

/// `value` with so many digits behind the point.
func rounded(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value.magnitude * scale).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % Int(scale))
  return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}
