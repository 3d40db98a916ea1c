internal import RPC

extension ConsumptionRefusal {
  /// The same for these refusals.
  var rpcError: RPCError {
    switch self {
    case .deliveryStale:
      RPCError(
        .failedPrecondition, reason: "DELIVERY_STALE", "this delivery has ended",
        metadata: ["field": "token"])
    case .deadLetterNotFound(let field):
      RPCError(
        .notFound, reason: "DEAD_LETTER_NOT_FOUND", "not a dead letter of this unit",
        metadata: ["field": field])
    case .deadLettersOutOfRange:
      ForwardingRefusal.invalid(
        "DEAD_LETTERS_OUT_OF_RANGE", "sequences", "from 1 to \(ForwardingLimits.deadLettersPerCall)"
      )
    case .editsExhausted(let limit):
      ForwardingRefusal.exhausted(
        "EDITS_EXHAUSTED", "a dead letter is edited up to \(limit) times", limit)
    case .attachmentMissing:
      ForwardingRefusal.invalid("ATTACHMENT_MISSING", "attach", "required in the first message")
    case .attachedTwice:
      ForwardingRefusal.invalid("ATTACHED_TWICE", "attach", "in the first message only")
    case .consumerInvalid(let field):
      ForwardingRefusal.invalid("CONSUMER_INVALID", field, ForwardingRefusal.name)
    case .consumerReplaced:
      RPCError(
        .aborted, reason: "CONSUMER_REPLACED", "another consumer of this name has come",
        metadata: ["field": "attach.consumer"])
    case .consumersExhausted(let limit):
      ForwardingRefusal.exhausted(
        "CONSUMERS_EXHAUSTED", "there are \(limit) consumers already", limit)
    case .creditsOutOfRange(let field):
      ForwardingRefusal.invalid(
        "CREDITS_OUT_OF_RANGE", field, "from 0 to \(ForwardingLimits.credits)")
    case .settlementsOutOfRange:
      ForwardingRefusal.invalid(
        "SETTLEMENTS_OUT_OF_RANGE", "settle", "from 1 to \(ForwardingLimits.settlements) in all")
    case .delayOutOfRange(let field):
      ForwardingRefusal.invalid(
        "DELAY_OUT_OF_RANGE", field, "from 0 to \(ForwardingLimits.longestDelay / 1_000_000) s")
    case .extensionOutOfRange(let field):
      ForwardingRefusal.invalid("EXTENSION_OUT_OF_RANGE", field, Self.deadlines)
    case .ackDeadlineOutOfRange(let field):
      ForwardingRefusal.invalid("ACK_DEADLINE_OUT_OF_RANGE", field, Self.deadlines)
    case .attemptsOutOfRange(let field):
      ForwardingRefusal.invalid(
        "ATTEMPTS_OUT_OF_RANGE", field, "from 1 to \(ForwardingLimits.attempts)")
    case .policyInvalid(let field):
      ForwardingRefusal.invalid("DEAD_LETTER_POLICY_INVALID", field, "one of those there are")
    case .breakerFailuresOutOfRange(let field):
      ForwardingRefusal.invalid(
        "BREAKER_FAILURES_OUT_OF_RANGE", field,
        "from -1 to \(ForwardingLimits.breakerFailures)")
    case .queueBoundOutOfRange(let field):
      ForwardingRefusal.invalid(
        "QUEUE_BOUND_OUT_OF_RANGE", field, "from -1 to \(ForwardingLimits.queueBound)")
    case .overflowPolicyInvalid(let field):
      ForwardingRefusal.invalid("OVERFLOW_POLICY_INVALID", field, "one of those there are")
    }
  }

  private static let deadlines =
    "from \(ForwardingLimits.shortestAckDeadline / 1_000_000) "
    + "to \(ForwardingLimits.longestAckDeadline / 1_000_000) s"
}
