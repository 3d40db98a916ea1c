// Crypto: hashes by OpenSSL. Imports COpenSSL only; knows nothing of what is hashed.
