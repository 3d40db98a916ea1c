// Crypto: hashes by OpenSSL.
