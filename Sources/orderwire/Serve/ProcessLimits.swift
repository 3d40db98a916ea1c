import Glibc

/// What the system sets a process, made fit for a server.
enum ProcessLimits {
  /// As many descriptors as the system allows, since each connection is one; and writing past a
  /// file-size limit becomes an error of the write, which the store answers as it does a full disk,
  /// where by default it ends the process.
  static func prepare() {
    var files = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
      files.rlim_cur = files.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
    signal(SIGXFSZ, SIG_IGN)
  }
}
