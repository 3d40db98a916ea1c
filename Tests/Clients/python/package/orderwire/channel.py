"""Channels to a server."""

from __future__ import annotations

import pathlib

import grpc

# A peer that is gone without a word is noticed within 30 s, also by a stream that only receives.
_KEEPALIVE = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
]


def connect(
    target: str,
    *,
    ca: pathlib.Path | str | None = None,
    certificate: pathlib.Path | str | None = None,
    key: pathlib.Path | str | None = None,
) -> grpc.Channel:
    """A channel to `target` ("host:port"): over TLS if the CA's certificate is given, else in the clear.

    `certificate` and `key` are the client's own, for a server that asks for one. All are paths of PEM files.
    """
    if ca is None:
        if certificate is not None or key is not None:
            raise ValueError("a client's certificate needs TLS: give the CA's certificate as well")
        return grpc.insecure_channel(target, options=_KEEPALIVE)
    if (certificate is None) != (key is None):
        raise ValueError("a certificate and its key are given together")
    credentials = grpc.ssl_channel_credentials(
        root_certificates=pathlib.Path(ca).read_bytes(),
        private_key=pathlib.Path(key).read_bytes() if key is not None else None,
        certificate_chain=pathlib.Path(certificate).read_bytes() if certificate is not None else None,
    )
    return grpc.secure_channel(target, credentials, options=_KEEPALIVE)
