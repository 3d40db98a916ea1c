internal import Store

/// What became of a movement.
struct RecordedMove: Sendable, Equatable {
  var sequence: Int64
  var isDuplicate: Bool
}

extension StockBook {
  /// Records movements, all or none. Those that were recorded before change nothing.
  func record(
    _ business: String, _ moves: [StockMove], by principal: String,
    _ capacity: StockCapacity, _ batch: Batch
  ) throws(StockFailure) -> [RecordedMove] {
    let known = try known(business, moves, batch)
    let ledger = ledger(business)
    var draft = LedgerDraft(ledger)
    var answers: [RecordedMove] = []
    var here: [ExactText: (move: StockMove, sequence: Int64)] = [:]
    do throws(StockRefusal) {
      for (place, move) in moves.enumerated() {
        let id = ExactText(move.id)
        if let before = known[id] ?? here[id] {
          guard before.move == move else {
            throw .movementChanged(field: "movements[\(place)]", sequence: before.sequence)
          }
          answers.append(RecordedMove(sequence: before.sequence, isDuplicate: true))
          continue
        }
        let entry = try draft.record(move, field: "movements[\(place)]")
        here[id] = (move, entry.sequence)
        answers.append(RecordedMove(sequence: entry.sequence, isDuplicate: false))
      }
    } catch {
      throw .refused(error)
    }
    do throws(StockExhaustion) { try take(draft, into: ledger, capacity, batch) } catch {
      throw .refused(error.refusal)
    }
    guard !draft.entries.isEmpty else { return answers }
    keep(ledger, business, batch)
    write(draft, business, by: principal, batch)
    write(ledger, of: business, batch)
    return answers
  }

  /// Movements that were recorded under one of these ids.
  private func known(
    _ business: String, _ moves: [StockMove], _ batch: Batch
  ) throws(StockFailure) -> [ExactText: (move: StockMove, sequence: Int64)] {
    var known: [ExactText: (move: StockMove, sequence: Int64)] = [:]
    guard ledgers[ExactText(business)] != nil else { return known }
    for key in Set(moves.map { ExactText($0.id) }) {
      let id = key.text
      do throws(StoreError) {
        try batch.query(
          StockStatements.movement,
          bind: { row in
            row.bind(business)
            row.bind(id)
          },
          { (row) throws(StoreError) in
            guard let kind = MoveKind(rawValue: Int32(truncatingIfNeeded: row.integer(2))) else {
              throw .corrupt("the kind of a movement of \(business)")
            }
            let move = StockMove(
              id: id, good: row.text(1), kind: kind, quantity: row.integer(3),
              reference: row.text(4))
            known[key] = (move, row.integer(0))
          })
      } catch {
        throw .store(error)
      }
    }
    return known
  }

  func take(
    _ draft: LedgerDraft, into ledger: Ledger, isCancellation: Bool = false,
    _ capacity: StockCapacity, _ batch: Batch
  ) throws(StockExhaustion) {
    guard !draft.entries.isEmpty else { return }
    var counts = counts
    counts.goods += draft.newGoods
    counts.open += draft.moreOpen
    counts.entries += draft.entries.count
    guard counts.goods <= capacity.goods || draft.newGoods == 0 else {
      throw .goods(limit: capacity.goods)
    }
    guard counts.open <= capacity.openQuantities || draft.moreOpen <= 0 else {
      throw .open(limit: capacity.openQuantities)
    }
    let fits = counts.entries <= capacity.movements
    guard fits || draft.fitsFull(isCancellation: isCancellation) else {
      throw .entries(limit: capacity.movements)
    }
    setCounts(counts, batch)
    let before = ledger.take(draft)
    batch.undo { ledger.takeBack(before) }
  }

  func write(
    _ draft: LedgerDraft, _ business: String, by principal: String, _ batch: Batch
  ) {
    for entry in draft.entries {
      batch.write(StockStatements.addEntry) { row in
        row.bind(business)
        row.bind(entry.move.good)
        row.bind(batch.now)
        row.bind(entry.sequence)
        row.bind(entry.move.kind.rawValue)
        row.bind(entry.move.quantity)
        row.bind(entry.move.reference)
        row.bind(entry.move.id)
        row.bind(principal)
        row.bind(entry.change)
        row.bind(entry.after)
      }
    }
    for entry in draft.entries where !entry.move.id.isEmpty {
      batch.write(StockStatements.addMovement) { row in
        row.bind(business)
        row.bind(entry.move.id)
        row.bind(entry.sequence)
        row.bind(entry.move.good)
        row.bind(entry.move.kind.rawValue)
        row.bind(entry.move.quantity)
        row.bind(entry.move.reference)
      }
    }
    for (name, good) in draft.goods { write(good, name.text, of: business, batch) }
    for (key, quantity) in draft.open {
      let statement = quantity == 0 ? StockStatements.deleteOpen : StockStatements.putOpen
      batch.write(statement) { row in
        row.bind(business)
        row.bind(key.good.text)
        row.bind(key.kind.rawValue)
        row.bind(key.reference.text)
        if quantity > 0 { row.bind(quantity) }
      }
    }
    batch.write(StockStatements.putMark) { row in
      row.bind(business)
      row.bind(batch.now)
      row.bind(draft.sequence)
    }
  }
}
