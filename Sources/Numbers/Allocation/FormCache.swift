internal import Synchronization

/// The forms of the pools' numbers, so that a number is taken apart without asking the writer. Filled
/// on demand, at most one entry a pool.
///
/// Whoever changes a pool calls `forget` once the change is committed or has failed, and before it
/// answers: so who has seen the answer never gets an older form. An entry that was asked for before a
/// change and came after it isn't kept, which `changes` tells.
final class FormCache: Sendable {
  private struct Contents {
    var forms: [ExactText: [NumberForm]] = [:]
    /// The entry that was found last, beside `forms`: calls of one business often follow each other, and
    /// to compare its name costs a tenth of a look-up.
    var latest: (business: ExactText, forms: [NumberForm])?
    var changes = 0
  }

  private let contents = Mutex(Contents())

  /// The forms of a business, or else the mark with which to `keep` them.
  func forms(of business: String) -> (forms: [NumberForm]?, mark: Int) {
    let business = ExactText(business)
    return contents.withLock { contents in
      if let latest = contents.latest, latest.business == business {
        return (latest.forms, contents.changes)
      }
      guard let found = contents.forms[business] else { return (nil, contents.changes) }
      contents.latest = (business, found)
      return (found, contents.changes)
    }
  }

  func keep(_ forms: [NumberForm], of business: String, mark: Int) {
    contents.withLock { contents in
      if contents.changes == mark { contents.forms[ExactText(business)] = forms }
    }
  }

  func forget(_ business: String) {
    contents.withLock { contents in
      contents.forms[ExactText(business)] = nil
      contents.latest = nil
      contents.changes += 1
    }
  }
}
