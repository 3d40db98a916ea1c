// OpenSSL's macros as functions, for Swift.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int copenssl_set_minimum_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}

/// Non-blocking writes of a buffer that may move; buffers given back when idle (34 KB a connection).
static inline void copenssl_set_stream_modes(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

/// Sessions are resumed by tickets, which the clients keep: with the cache a server would remember
/// 20,480 sessions of TLS 1.2 clients.
static inline void copenssl_set_no_session_cache(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// RFC 9113 section 9.2.1: neither compression nor renegotiation.
static inline void copenssl_set_http2_options(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
}

static inline int copenssl_set_groups(SSL_CTX *context, const char *groups) {
  return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline int copenssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline int copenssl_print_subject(BIO *output, X509 *certificate) {
  return X509_NAME_print_ex(output, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
}

static inline GENERAL_NAMES *copenssl_alternative_names(X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

static inline int copenssl_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

/// The bytes of name `index`, owned by `names`; null for kinds that are neither DNS nor URI.
static inline const unsigned char *copenssl_name(const GENERAL_NAMES *names, int index, int *is_uri,
                                                 int *count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  const ASN1_IA5STRING *text;
  if (name->type == GEN_DNS) {
    text = name->d.dNSName;
  } else if (name->type == GEN_URI) {
    text = name->d.uniformResourceIdentifier;
  } else {
    return NULL;
  }
  *is_uri = name->type == GEN_URI;
  *count = ASN1_STRING_length(text);
  return ASN1_STRING_get0_data(text);
}

#endif
