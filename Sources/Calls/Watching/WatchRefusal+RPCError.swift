public import RPC

extension WatchRefusal {
  /// What a client is told. `message` is where its request has the settings, with a dot behind it; empty:
  /// in itself.
  public func rpcError(in message: String = "") -> RPCError {
    switch self {
    case .startAmbiguous:
      .invalid(
        field: message + "from_oldest", "not together with a cursor",
        reason: "WATCH_START_AMBIGUOUS")
    case .progressIntervalOutOfRange:
      .invalid(
        field: message + "progress_interval",
        "from \(Self.seconds(WatchLimits.progressMicroseconds.lowerBound)) to "
          + Self.seconds(WatchLimits.progressMicroseconds.upperBound),
        reason: "PROGRESS_INTERVAL_OUT_OF_RANGE")
    case .updateRateOutOfRange:
      .invalid(
        field: message + "max_updates_per_second", "from 0 to \(WatchLimits.updatesPerSecond)",
        reason: "UPDATE_RATE_OUT_OF_RANGE")
    }
  }

  private static func seconds(_ microseconds: Int64) -> String {
    "\(Double(microseconds) / Double(WatchLimits.second)) s"
  }
}
