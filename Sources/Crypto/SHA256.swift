internal import COpenSSL

/// SHA-256 by OpenSSL.
public enum SHA256 {
  /// Bytes in a hash.
  public static let length = 32

  // Looked up once: the lookup by name costs more than hashing a short message.
  nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

  /// The 32 bytes of the hash.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      var written: UInt32 = 0
      let ok = EVP_Digest(
        bytes.baseAddress, bytes.count, buffer.baseAddress, &written, algorithm, nil)
      precondition(ok == 1 && written == UInt32(length), "OpenSSL has no SHA-256")
      count = length
    }
  }

  /// The 32 bytes of the hash.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }
}
