/// The bounds of this module, each with its reason.
enum ForwardingLimits {
  /// As in the pools: a business is part of keys.
  static let nameBytes = 64
  static let numberBytes = 128
  static let keyBytes = 128
  static let codeBytes = 64
  static let reasonBytes = 256
  /// The store keeps what units need to begin; documents have a place of their own.
  static let bodyBytes = 64 << 10

  /// A call is decided as a whole while all other calls wait.
  static let ordersPerCall = 1_000
  /// Bodies of one call, for the same reason; also what a chunk of the feed may have.
  static let bytesPerCall = 1 << 20
  /// What a stream may have in flight beyond which it isn't read: enough to fill a commit.
  static let messagesInFlight = 256
  static let ordersInFlight = 4_000
  static let bytesInFlight = 2 << 20
  /// A chunk is read as a whole for any order in it.
  static let bytesPerChunk = 128 << 10
  static let ordersPerChunk = 256

  /// Units get all of an order's goods with it, each with up to 9 KiB of the catalog.
  static let itemsPerOrder = 100
  /// Each is looked up while all other calls wait.
  static let itemsPerCall = 1_000
  /// As in the catalog.
  static let goodBytes = 64
  /// As in the stock.
  static let quantity: Int64 = 1_000_000_000_000
  /// Goods of orders that wait for goods, of a business and in all: they are in memory, some 150 bytes each.
  static let lackedGoodsPerBusiness = 20_000
  static let lackedGoods = 200_000

  static let unitsPerBusiness = 100
  static let codesPerUnit = 1_000
  /// Each is a row with the codes that a unit had; orders that were forwarded by older rules can't be
  /// checked any more.
  static let ruleChangesKept: Int64 = 1_000

  /// Lanes are looked through for the next that is due.
  static let lanes: Int32 = 64
  static let longestWindow: Int64 = 60_000_000
  static let ordersPerDispatch: Int32 = 1_000
  static let defaultOrdersPerDispatch: Int32 = 100
  /// Changes of the number of lanes that aren't through: each keeps its lanes until they are empty.
  static let layouts = 8
  /// Orders that one piece of timed work moves, as other calls wait for it.
  static let ordersPerWake = 1_024

  /// How long an order is kept, µs: an hour, as who repeats a call may be away so long; ten years.
  static let retentions: ClosedRange<Int64> = 3_600_000_000...(3_650 * 86_400_000_000)
  static let defaultRetention: Int64 = 7 * 86_400_000_000
  /// From one look at what need not be kept to the next, µs: beside an hour a minute is nothing.
  static let pruningPause: Int64 = 60_000_000

  static let pageSize = 1_000
  static let defaultPageSize = 100
  /// Units in an answer: with all their codes they are less than the 4 MiB that gRPC's clients take.
  static let unitsPerPage = 50
  /// Chunks that are read for a page: of a unit that gets few orders each may be in another one.
  static let chunksPerPage = 32
  /// An intake's answer has a limit, whatever codes orders come with, and putting them in order is work.
  static let codesShown = 100
  /// The same of goods that orders wait for.
  static let goodsShown = 100
  /// Missing goods on a page of orders that wait: well below the limit of a message.
  static let missingGoodsPerPage = 10_000
}
