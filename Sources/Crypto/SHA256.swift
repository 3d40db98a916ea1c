internal import COpenSSL

/// SHA-256 by OpenSSL, of one message after another: to make what it works with costs more than to hash a
/// short message. Confined to one loop or thread.
public final class SHA256 {
  /// Bytes in a hash.
  public static let length = 32

  // Looked up once: the lookup by name costs more than hashing a short message, too.
  nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

  private let context = EVP_MD_CTX_new()

  /// Ready to hash.
  public init() {}

  deinit { EVP_MD_CTX_free(context) }

  /// The 32 bytes of the hash.
  public func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.length) { buffer, count in
      var written: UInt32 = 0
      let isDone =
        EVP_DigestInit_ex(context, Self.algorithm, nil) == 1
        && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        && EVP_DigestFinal_ex(context, buffer.baseAddress, &written) == 1
      precondition(isDone && written == UInt32(Self.length), "OpenSSL has no SHA-256")
      count = Self.length
    }
  }
}
