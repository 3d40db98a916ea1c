internal import EventLoop

extension Loop {
  /// Runs `body` in a task on this loop, cancelled with the caller's.
  func call<T: Sendable>(
    _ body: @escaping @Sendable () async throws(RPCError) -> T
  ) async throws(RPCError) -> T {
    let task = Task(executorPreference: self) { () -> Result<T, RPCError> in
      do throws(RPCError) { return .success(try await body()) } catch { return .failure(error) }
    }
    return try await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }.get()
  }
}
