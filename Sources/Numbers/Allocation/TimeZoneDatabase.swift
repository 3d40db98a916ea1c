internal import Glibc
internal import Synchronization

/// The time zones of the system (Debian's package tzdata), read when they are first named.
final class TimeZoneDatabase: Sendable {
  /// The system's.
  static let system = TimeZoneDatabase(folder: "/usr/share/zoneinfo")

  private let folder: String
  private let open: @Sendable (String) -> (descriptor: Int32, error: Int32)
  private let known = Mutex<[ExactText: TimeZoneRules]>([:])

  init(
    folder: String,
    open: @escaping @Sendable (String) -> (descriptor: Int32, error: Int32) = {
      let descriptor = Glibc.open($0, O_RDONLY | O_CLOEXEC)
      return (descriptor, descriptor < 0 ? errno : 0)
    }
  ) {
    self.folder = folder
    self.open = open
  }

  /// The zone that users call `name`: "UTC", "+08:00", or a name of the IANA database. It reads a
  /// small file, once for each zone, and only when pools are made or changed, or at start.
  func zone(named name: String) throws(Refusal) -> TimeZoneRules? {
    if name == "UTC" { return .utc }
    if let fixed = TimeZoneRules(fixed: name) { return fixed }
    if let zone = known.withLock({ $0[ExactText(name)] }) { return zone }
    guard isName(name), let bytes = try read("\(folder)/\(name)"),
      let zone = TimeZoneRules(name: name, tzif: bytes)
    else { return nil }
    known.withLock { $0[ExactText(name)] = zone }
    return zone
  }

  /// Whether it is a name as pools may have: "Area/Location" and the like, nothing that leads out of
  /// the folder, nothing that counts leap seconds, and no second name of a zone that is this
  /// system's alone.
  func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return name.utf8.count <= 64 && !["right", "posix"].contains(parts.first)
      && !["localtime", "posixrules"].contains(name)
      && parts.allSatisfy { part in
        part.utf8.first.map { base36Value($0, foldingCase: true) != nil } ?? false
          && part.utf8.allSatisfy {
            base36Value($0, foldingCase: true) != nil || "-_+".utf8.contains($0)
          }
      }
  }

  /// A zone's file is a few kilobytes; anything larger is something else.
  private func read(_ path: String) throws(Refusal) -> [UInt8]? {
    let (descriptor, error) = open(path)
    guard descriptor >= 0 else {
      // Anything but a missing file says nothing of the name: there may be no free descriptor.
      if [ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EACCES].contains(error) { return nil }
      throw .timeZonesUnreadable
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if got == 0 { return Array(bytes[..<count]) }
      if got < 0 {
        guard errno == EINTR else { return nil }
        continue
      }
      count += got
    }
    return nil
  }
}
