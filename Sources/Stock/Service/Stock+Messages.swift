internal import API
internal import Messages
internal import Numbers
internal import Store

// From the wire to the rules and back.

extension StockMove {
  init(_ movement: API.Movement, _ field: String) throws(StockRefusal) {
    guard StockNames.isName(movement.id, bytes: StockLimits.idBytes) else {
      throw .idInvalid(field: "\(field).id")
    }
    guard StockNames.isGood(movement.good) else { throw .goodInvalid(field: "\(field).good") }
    guard let kind = MoveKind(rawValue: movement.kind.rawValue) else {
      throw .kindInvalid(field: "\(field).kind")
    }
    guard (kind.least...StockLimits.quantity).contains(movement.quantity) else {
      throw .quantityOutOfRange(field: "\(field).quantity", least: kind.least)
    }
    guard kind.reference == .order || movement.order.isEmpty else {
      throw .orderRefused(field: "\(field).order")
    }
    guard kind.reference == .consignment || movement.consignment.isEmpty else {
      throw .consignmentRefused(field: "\(field).consignment")
    }
    let reference = movement.order + movement.consignment
    guard
      StockNames.isName(reference, bytes: StockLimits.referenceBytes)
        || reference.isEmpty && !kind.needsReference
    else {
      throw kind.reference == .order
        ? .orderInvalid(field: "\(field).order")
        : .consignmentInvalid(field: "\(field).consignment")
    }
    self.init(
      id: movement.id, good: movement.good, kind: kind, quantity: movement.quantity,
      reference: reference)
  }

  var message: API.Movement {
    API.Movement(
      id: id, good: good, kind: API.MovementKind(rawValue: kind.rawValue), quantity: quantity,
      order: kind.reference == .order ? reference : "",
      consignment: kind.reference == .consignment ? reference : "")
  }
}

extension ReplenishmentPolicy {
  init(_ policy: API.Policy, _ field: String) throws(StockRefusal) {
    let lead = policy.leadTime?.microseconds ?? 0
    guard lead % StockLimits.second == 0 else {
      throw .policyOutOfRange(
        field: "\(field).lead_time", least: 0, most: StockLimits.longestLeadSeconds)
    }
    self.init(
      reorderPoint: policy.reorderPoint, target: policy.target,
      packSize: policy.packSize == 0 ? 1 : policy.packSize,
      leadSeconds: lead / StockLimits.second)
    if let refusal = refusal(field) { throw refusal }
  }

  func message(of good: String, version: Int64) -> API.Policy {
    API.Policy(
      good: good, reorderPoint: reorderPoint, target: target, packSize: packSize,
      leadTime: ProtoDuration(seconds: leadSeconds), version: version)
  }
}

extension StockFigures {
  var message: API.Figures {
    API.Figures(onHand: onHand, inTransit: inTransit, reserved: reserved, shipped: shipped)
  }
}

extension StoredGood {
  func message(_ policy: StoredPolicy?) -> API.GoodStock {
    API.GoodStock(
      good: name, figures: figures.message,
      policy: policy.map { $0.policy.message(of: name, version: $0.version) },
      sequence: sequence)
  }
}

extension StoredEntry {
  var message: API.LedgerEntry {
    API.LedgerEntry(
      sequence: entry.sequence, recordTime: ProtoTimestamp(microseconds: time),
      movement: entry.move.message, change: entry.change.message, after: entry.after.message,
      principal: principal)
  }
}

extension StockForm {
  var key: API.FormKey {
    API.FormKey(
      windowStart: ProtoTimestamp(microseconds: window.start),
      windowEnd: ProtoTimestamp(microseconds: window.end), policiesVersion: policiesVersion)
  }
}

extension StockForm.Line {
  var message: API.FormLine {
    let (figures, policy) = (replenishment.figures, replenishment.policy)
    return API.FormLine(
      good: good, onHand: figures.onHand, inTransit: figures.inTransit,
      reserved: figures.reserved, shipped: figures.shipped,
      leadDemand: replenishment.leadDemand, projected: replenishment.projected,
      reorderPoint: policy.reorderPoint, target: policy.target, packSize: policy.packSize,
      leadTime: ProtoDuration(seconds: policy.leadSeconds),
      quantityToOrder: replenishment.quantityToOrder, sequence: sequence)
  }

  /// The columns of CSV, named as the fields of FormLine.
  static let columns = [
    "good", "on_hand", "in_transit", "reserved", "shipped", "lead_demand", "projected",
    "reorder_point", "target", "pack_size", "lead_time", "quantity_to_order", "sequence",
  ]

  var fields: [String] {
    let (figures, policy) = (replenishment.figures, replenishment.policy)
    let numbers = [
      figures.onHand, figures.inTransit, figures.reserved, figures.shipped,
      replenishment.leadDemand, replenishment.projected, policy.reorderPoint, policy.target,
      policy.packSize, policy.leadSeconds, replenishment.quantityToOrder, sequence,
    ]
    return [good] + numbers.map { "\($0)" }
  }
}
