extension RandomAccessCollection {
  /// The first place whose element doesn't fulfil `isBefore`, in a collection in which those that do
  /// come first.
  func partitionPoint(_ isBefore: (Element) -> Bool) -> Index {
    var start = startIndex
    var count = count
    while count > 0 {
      let middle = index(start, offsetBy: count / 2)
      if isBefore(self[middle]) {
        start = index(after: middle)
        count -= count / 2 + 1
      } else {
        count /= 2
      }
    }
    return start
  }
}
