internal import API
internal import Calls
internal import Messages
internal import Numbers
internal import Store

extension WarningBook {
  /// Tells an attendant what to do.
  func instruct(_ step: API.PresetStep, _ warning: API.Warning, _ batch: Batch) {
    makeRoom(in: warning.business, batch)
    let id = nextInstruction
    set(\.nextInstruction, id + 1, batch)
    let message = API.Instruction(
      id: id, business: warning.business, warning: warning.id, attendant: step.attendant,
      kind: step.kind, amount: step.amount, note: step.note, state: .sent, attempt: 1,
      createTime: ProtoTimestamp(microseconds: batch.now.microseconds))
    let progress = InstructionProgress(
      pause: step.repeatAfter?.microseconds ?? WarningLimits.repeatAfter,
      escalateAfter: step.escalateTo == nil
        ? nil : step.escalateAfter?.microseconds ?? WarningLimits.escalateAfter,
      expireAfter: step.expireAfter?.microseconds ?? WarningLimits.expireAfter,
      at: batch.boot.microseconds)
    add(LiveInstruction(message: message, progress: progress, escalateTo: step.escalateTo), batch)
  }

  private func add(_ live: LiveInstruction, _ batch: Batch) {
    put(\.instructions, live.message.id, live, batch)
    batch.undo { [unowned self] in unindex(live.message) }
    index(live.message)
    write(live, batch)
    wait(for: live)
    tell(live.message.business, batch)
  }

  func index(_ message: API.Instruction) {
    byAttendant[key(of: message), default: []].append(message.id)
    byBusiness[ExactText(message.business), default: []].append(message.id)
    byWarning[message.warning, default: []].append(message.id)
  }

  private func unindex(_ message: API.Instruction) {
    func drop<Key: Hashable>(_ lists: inout [Key: [Int64]], _ key: Key) {
      lists[key]?.removeAll { $0 == message.id }
      if lists[key]?.isEmpty == true { lists[key] = nil }
    }
    drop(&byAttendant, key(of: message))
    drop(&byBusiness, ExactText(message.business))
    drop(&byWarning, message.warning)
  }

  private func key(of message: API.Instruction) -> AttendantKey {
    AttendantKey(business: message.business, message.attendant ?? API.Attendant())
  }

  private func tell(_ business: String, _ batch: Batch) {
    let business = ExactText(business)
    guard told.insert(business).inserted else { return }
    batch.undo { [unowned self] in told.remove(business) }
  }

  private func makeRoom(in business: String, _ batch: Batch) {
    let open = byBusiness[ExactText(business)] ?? []
    guard open.count >= WarningLimits.openInstructionsPerBusiness, let oldest = open.first,
      var live = instructions[oldest]
    else { return }
    live.progress.givenUp()
    store(live, batch)
  }

  /// Takes over what changed in an instruction; one that has ended leaves memory.
  private func store(_ changed: LiveInstruction, _ batch: Batch) {
    var live = changed
    live.message.state = InstructionState(rawValue: live.progress.phase.rawValue)
    live.message.attempt = live.progress.attempt
    if live.progress.phase.isOpen {
      put(\.instructions, live.message.id, live, batch)
      wait(for: live)
    } else {
      live.message.endTime = ProtoTimestamp(microseconds: batch.now.microseconds)
      put(\.instructions, live.message.id, nil, batch)
      let message = live.message
      let before = (
        byAttendant[key(of: message)], byBusiness[ExactText(message.business)],
        byWarning[message.warning]
      )
      unindex(message)
      batch.undo { [unowned self] in
        byAttendant[key(of: message)] = before.0
        byBusiness[ExactText(message.business)] = before.1
        byWarning[message.warning] = before.2
      }
    }
    write(live, batch)
    tell(live.message.business, batch)
  }

  private func write(_ live: LiveInstruction, _ batch: Batch) {
    let (message, progress) = (live.message, live.progress)
    batch.write(WarningStatements.putInstruction) { row in
      row.bind(message.id)
      row.bind(message.business)
      row.bind(message.warning)
      row.bind(message.attendant?.role.rawValue ?? 0)
      row.bind(message.attendant?.name ?? "")
      row.bind(progress.phase.rawValue)
      row.bind(progress.attempt)
      row.bind(progress.pause)
      row.bind(progress.repeatDue)
      row.bind(progress.escalationDue)
      row.bind(progress.expiryDue)
      row.bind(live.escalateTo?.role.rawValue ?? 0)
      row.bind(live.escalateTo?.name ?? "")
      row.bind(message.endTime.map { $0.microseconds })
      row.bind(message.keptBytes)
    }
  }

  /// An instruction wasn't answered, or not done, in time.
  func passTime(of id: Int64, _ batch: Batch) {
    guard var live = instructions[id],
      let event = live.progress.passed(to: batch.boot.microseconds)
    else { return }
    switch event {
    case .repeated, .expired: break
    case .escalated:
      guard let someone = live.escalateTo else { break }
      live.message.escalatedTo = nextInstruction
      escalate(live, to: someone, batch)
    }
    store(live, batch)
  }

  private func escalate(_ live: LiveInstruction, to someone: API.Attendant, _ batch: Batch) {
    let id = nextInstruction
    set(\.nextInstruction, id + 1, batch)
    let now = batch.boot.microseconds
    let first = live.message
    let message = API.Instruction(
      id: id, business: first.business, warning: first.warning, attendant: someone,
      kind: first.kind, amount: first.amount, note: first.note, state: .sent, attempt: 1,
      createTime: ProtoTimestamp(microseconds: batch.now.microseconds), escalatedFrom: first.id)
    let progress = InstructionProgress(
      pause: WarningLimits.repeatAfter, escalateAfter: nil,
      expireAfter: max(live.progress.expiryDue - now, WarningLimits.second), at: now)
    add(LiveInstruction(message: message, progress: progress, escalateTo: nil), batch)
  }

  /// Withdraws what nobody has answered of a warning. True if the business was told to stop.
  func withdraw(warning id: Int64, _ batch: Batch) -> Bool {
    var toldToStop = false
    for instruction in byWarning[id] ?? [] {
      guard var live = instructions[instruction] else { continue }
      if live.message.kind == .stopBusiness { toldToStop = true }
      if live.progress.warningCleared() { store(live, batch) }
    }
    return toldToStop
  }

  /// An attendant's answer; the instruction after it.
  func answer(
    _ id: Int64, _ answer: InstructionAnswer, note: String, principal: String,
    from key: AttendantKey,
    _ batch: Batch
  ) throws(WarningFailure) -> API.Instruction {
    guard var live = instructions[id] else {
      return try endedInstruction(id, answer, key, batch)
    }
    guard self.key(of: live.message) == key else { throw .refused(.instructionNotFound) }
    switch live.progress.answered(answer) {
    case .unchanged: return live.message
    case .ended: throw .refused(.instructionEnded("\(live.progress.phase)"))
    case .changed: break
    }
    live.message.answerTime = ProtoTimestamp(microseconds: batch.now.microseconds)
    live.message.answerNote = note
    live.message.principal = principal
    live.message.state = InstructionState(rawValue: live.progress.phase.rawValue)
    if !live.progress.phase.isOpen {
      live.message.endTime = ProtoTimestamp(microseconds: batch.now.microseconds)
    }
    store(live, batch)
    return live.message
  }

  private func endedInstruction(
    _ id: Int64, _ answer: InstructionAnswer, _ key: AttendantKey, _ batch: Batch
  ) throws(WarningFailure) -> API.Instruction {
    var found: API.Instruction?
    do throws(StoreError) {
      try batch.query(WarningStatements.instruction, bind: { $0.bind(id) }) { row in
        found = try? API.Instruction(decoding: row.bytes(0))
      }
    } catch {
      throw .store(error)
    }
    guard let found, self.key(of: found) == key else { throw .refused(.instructionNotFound) }
    guard found.state.rawValue == answer.rawValue else {
      let phase = InstructionPhase(rawValue: found.state.rawValue).map { "\($0)" } ?? ""
      throw .refused(.instructionEnded(phase))
    }
    return found
  }

  /// The open instructions of an attendant after `id`, the oldest first.
  func openInstructions(of key: AttendantKey) -> [API.Instruction] {
    (byAttendant[key] ?? []).compactMap { instructions[$0]?.message }
  }
}
