/// Where the fields that refusals name stand in the request of a call.
enum RefusedCall: Sendable {
  case pool
  case allocate
  case complete
  case release
  case lease
  case imports
  case read

  var business: String { self == .pool ? "pool.business" : "business" }

  /// The path of a field of the item at `place`.
  func item(_ place: Int, _ field: String) -> String {
    switch self {
    case .complete: "completions[\(place)].\(field)"
    case .release: "releases[\(place)].\(field)"
    case .imports where field.hasPrefix("amount"): "numbers[\(place)].completion.\(field)"
    case .imports: "numbers[\(place)].\(field)"
    case .pool, .allocate, .lease, .read: field
    }
  }

  var items: String {
    switch self {
    case .release: "releases"
    case .imports: "numbers"
    case .pool, .allocate, .complete, .lease, .read: "completions"
    }
  }

  var leaseTTL: String { self == .allocate || self == .imports ? "lease_ttl" : "ttl" }
}
