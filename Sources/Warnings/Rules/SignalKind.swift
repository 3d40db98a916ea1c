/// What a signal is about. The numbers are those of the wire and of the tables.
enum SignalKind: Int32, Sendable, CaseIterable {
  case goodsSupply = 1
  case transportCapacity = 2
  case pageTraffic = 3
  case businessExecution = 4
  case advertisingStrength = 5
  case advertisingVolume = 6
  case emergency = 7
  case searchRank = 8
  case networkHeat = 9
  case allocateRate = 20
  case completeRate = 21
  case releaseRate = 22
  case expireRate = 23
  case remainingInPool = 24
  case remainingInPeriod = 25
  case stockExhaustion = 26
  case periodExhaustion = 27
  case quarantinedOrders = 28
  case ordersAwaitingGoods = 29
  case ordersBeyondBound = 30

  /// Whether it comes from outside; the others are computed here.
  var isReported: Bool { rawValue < SignalKind.allocateRate.rawValue }

  var isForecast: Bool { self == .stockExhaustion || self == .periodExhaustion }
}
