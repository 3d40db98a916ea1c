/// A proto file as reflection shows it.
public struct FileDescription: Sendable {
  /// Its name, such as `orderwire/v1/allocation.proto`.
  public let path: String
  /// The names of the files that it imports.
  public let dependencies: [String]
  /// Full names of the services that it defines.
  public let services: [String]
  /// Full names of everything it defines: services, messages, enums.
  public let symbols: [String]
  /// The serialized FileDescriptorProto.
  public let bytes: [UInt8]

  /// For generated code.
  public init(
    path: String, dependencies: [String], services: [String], symbols: [String], bytes: [UInt8]
  ) {
    self.path = path
    self.dependencies = dependencies
    self.services = services
    self.symbols = symbols
    self.bytes = bytes
  }
}
