internal import API
internal import Numbers

/// Which warnings somebody wants to see.
struct WarningFilter: Sendable {
  private let business: String
  private let kinds: Set<Int32>
  private let least: Int32

  init(
    business: String, kinds: [API.SignalKind], least: API.Severity
  ) throws(WarningRefusal) {
    guard business.isEmpty || isBusiness(business) else {
      throw .businessInvalid(field: "business")
    }
    guard kinds.count <= WarningLimits.kindsPerFilter else { throw .kindsTooMany }
    for (place, kind) in kinds.enumerated() where SignalKind(rawValue: kind.rawValue) == nil {
      throw .kindInvalid(field: "kinds[\(place)]")
    }
    if case .unrecognized = least { throw .severityUnknown(field: "least_severity") }
    self.business = business
    self.kinds = Set(kinds.map(\.rawValue))
    self.least = least.rawValue
  }

  /// Takes everything.
  var isOpen: Bool { business.isEmpty && kinds.isEmpty && least == 0 }

  func takes(business: String, kind: Int32, severity: Int32) -> Bool {
    (self.business.isEmpty || self.business == business) && (kinds.isEmpty || kinds.contains(kind))
      && severity >= least
  }
}
