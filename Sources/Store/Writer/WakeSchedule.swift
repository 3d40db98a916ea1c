/// When the states' timed work is due: behind what is in the foreground, but not for ever.
struct WakeSchedule {
  /// Overdue by this it joins the next batch although more commands are waiting.
  static let patience = Duration.milliseconds(50)
  /// A wake that failed is left alone for this long.
  static let pauseAfterFailure = Duration.seconds(1)

  private var notBefore: [BootTime?]

  init(count: Int) { notBefore = Array(repeating: nil, count: count) }

  func due(_ states: [any WriterState], at boot: BootTime, foregroundIsBusy: Bool) -> [Command] {
    let limit = foregroundIsBusy ? boot - Self.patience : boot
    var due: [Command] = []
    for index in states.indices {
      if let wake = time(of: index, states), wake <= limit { due.append(Wake(index: index)) }
    }
    return due
  }

  /// The earliest.
  func next(_ states: [any WriterState]) -> BootTime? {
    states.indices.compactMap { time(of: $0, states) }.min()
  }

  private func time(of index: Int, _ states: [any WriterState]) -> BootTime? {
    guard let wake = states[index].nextWake else { return nil }
    return max(wake, notBefore[index] ?? wake)
  }

  mutating func failed(_ index: Int, at boot: BootTime) {
    notBefore[index] = boot + Self.pauseAfterFailure
  }
}
