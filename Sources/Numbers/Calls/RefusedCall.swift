/// Where the fields that refusals name stand in the request of a call.
enum RefusedCall: Sendable {
  case pool
  case allocate
  case complete
  case release
  case lease
  case read

  var business: String { self == .pool ? "pool.business" : "business" }

  /// The path of a field of the item at `place`.
  func item(_ place: Int, _ field: String) -> String {
    switch self {
    case .complete: "completions[\(place)].\(field)"
    case .release: "releases[\(place)].\(field)"
    case .pool, .allocate, .lease, .read: field
    }
  }

  var items: String { self == .release ? "releases" : "completions" }
  var leaseTTL: String { self == .allocate ? "lease_ttl" : "ttl" }
}
