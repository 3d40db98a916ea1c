import Glibc

/// The processor time that this process has used, in user and system mode.
func ownCPUTime() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// The processor time that a process has used, in user and system mode.
func processCPUTime(_ pid: Int) throws(CommandFailure) -> Duration {
  let path = "/proc/\(pid)/stat"
  let text = String(decoding: try contents(ofFile: path, limit: 1 << 16), as: UTF8.self)
  // The name of the program, in parentheses, may hold anything; the fields begin after it.
  let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
  guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
    throw CommandFailure(.missingInput, "\(path): isn't what proc(5) says")
  }
  let ticksPerSecond = Int(sysconf(CInt(_SC_CLK_TCK)))
  return .seconds(user + system) / max(1, ticksPerSecond)
}

/// The bytes of memory that a process has now (the size of its resident set).
func processMemory(_ pid: Int) throws(CommandFailure) -> Int {
  let path = "/proc/\(pid)/statm"
  let text = String(decoding: try contents(ofFile: path, limit: 1 << 16), as: UTF8.self)
  let fields = text.split(separator: " ")
  guard fields.count > 1, let pages = Int(fields[1]) else {
    throw CommandFailure(.missingInput, "\(path): isn't what proc(5) says")
  }
  return pages * sysconf(CInt(_SC_PAGESIZE))
}
