"""SV1 as far as this server goes: metadata, deadlines, limits, certificates."""

import concurrent.futures
import socket
import ssl
import subprocess
import threading

import grpc
import pytest

from api import Client, allocation, refused, wrong_fields
from conftest import connect
from pools import allocate, complete, counter, make_pool
from server import ROOT, Server


def test_an_unknown_method_is_unimplemented(channel):
    call = channel.unary_unary("/orderwire.v1.AllocationService/Nonsense", bytes, bytes)
    assert refused(call, b"", timeout=10).code == grpc.StatusCode.UNIMPLEMENTED


def test_bytes_that_are_no_message_are_refused(channel):
    call = channel.unary_unary("/orderwire.v1.AllocationService/Allocate", bytes, bytes)
    refusal = refused(call, b"\x0a\xff\xff", timeout=10)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_MESSAGE")


# A string field by hand, since Python's own encoder refuses what isn't UTF-8.
@pytest.mark.parametrize("business, reason", [(b"a\xffb", "INVALID_UTF8"), (b"a\0b", "NUL_IN_STRING")])
def test_a_string_that_is_none_is_refused_with_its_field(channel, business, reason):
    call = channel.unary_unary("/orderwire.v1.AllocationService/GetPool", bytes, bytes)
    refusal = refused(call, bytes([0x0A, len(business)]) + business, timeout=10)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert wrong_fields(refusal) == ["business"] and "business" in refusal.message


def test_a_message_nested_too_deep_is_refused(channel):
    call = channel.unary_unary("/orderwire.v1.AllocationService/Allocate", bytes, bytes)
    # Groups of a field that nobody knows, so that no name can be told.
    refusal = refused(call, b"\x7b" * 100 + b"\x7c" * 100, timeout=10)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NESTED_TOO_DEEP")


def test_a_message_that_would_take_too_much_memory_is_refused(channel):
    call = channel.unary_unary("/orderwire.v1.LockingService/Complete", bytes, bytes)
    # A million completions of two bytes each: small on the wire, large in memory.
    refusal = refused(call, b"\x1a\x00" * 1_000_000, timeout=20)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MEMORY_LIMIT_EXCEEDED")
    assert "memory" in refusal.message
    # The next is decoded as if nothing had been.
    assert refused(call, b"\x1a\x00" * 1_000, timeout=20).reason != "MEMORY_LIMIT_EXCEEDED"


def test_a_message_above_the_limit_is_refused(channel):
    call = channel.unary_unary("/orderwire.v1.AllocationService/Allocate", bytes, bytes)
    refusal = refused(call, b"\x32\x80\x80\x80\x08" + bytes(16 << 20), timeout=20)
    assert refusal.code == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_metadata_above_the_limit_is_refused_and_the_connection_lives_on(client, channel):
    large = refused(client.ListPools, metadata=[("x-large", "a" * (40 << 10))])
    assert large.code == grpc.StatusCode.RESOURCE_EXHAUSTED
    client.ListPools(metadata=[("x-text", "a"), ("x-bytes-bin", b"\0\xff")])


def test_a_deadline_ends_a_call_that_does_not_end_itself(client):
    never = threading.Event()
    answers = client.KeepAlive(iter(lambda: never.wait(60), True), timeout=0.2)
    assert refused(next, answers).code == grpc.StatusCode.DEADLINE_EXCEEDED
    never.set()


def test_a_thousand_calls_at_a_time_share_a_connection(client, business):
    make_pool(client, business)
    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda _: allocate(client, business).numbers[0].number, range(1000)))
    assert len(set(answers)) == 1000
    assert counter(client, business).allocated == 1000


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_speaks_both_versions_and_agrees_on_h2(server, certificates, version):
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    host, port = server.tls.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            assert connection.selected_alpn_protocol() == "h2"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_refuses_old_versions(server, certificates):
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    host, port = server.tls.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory, certificates):
    """A server that calls nobody a client who shows no certificate."""
    folder = tmp_path_factory.mktemp("strict")
    with Server(folder, certificates=certificates, client_ca=certificates / "ca.pem") as server:
        yield server


def secure(server, roots, folder=None):
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(roots / "ca.pem").read_bytes(),
        private_key=(folder / "client.key").read_bytes() if folder else None,
        certificate_chain=(folder / "client.pem").read_bytes() if folder else None,
    )
    return grpc.secure_channel(server.tls, credentials)


def test_a_client_with_a_certificate_is_served(strict_server, certificates, business):
    with secure(strict_server, certificates, certificates) as channel:
        client = Client(channel)
        make_pool(client, business)
        number = allocate(client, business).numbers[0]
        mark = client.GetLock(business=business, number=number.number).lock
        assert mark.principal == "dns:client.localhost"


def test_a_caller_can_not_end_what_another_holds(tmp_path, certificates, business):
    # The same holder by name, but over h2c nobody has proved to be who it is.
    with Server(tmp_path, certificates=certificates, client_ca=certificates / "ca.pem") as server:
        with secure(server, certificates, certificates) as channel:
            client = Client(channel)
            make_pool(client, business)
            number = allocate(client, business).numbers[0]
        with connect(server, "h2c") as channel:
            refusal = refused(complete, Client(channel), business, [number])
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "HOLDER_MISMATCH")


def test_a_client_without_a_certificate_is_not(strict_server, certificates):
    with secure(strict_server, certificates) as channel:
        assert refused(Client(channel).ListPools, timeout=5).code == grpc.StatusCode.UNAVAILABLE


def test_a_client_with_a_foreign_certificate_is_not(strict_server, certificates, tmp_path):
    subprocess.run([ROOT / "certs/generate", tmp_path], check=True, capture_output=True)
    with secure(strict_server, certificates, tmp_path) as channel:
        assert refused(Client(channel).ListPools, timeout=5).code == grpc.StatusCode.UNAVAILABLE


def test_noise_on_a_port_harms_nobody_else(server, client):
    for address in server.h2c, server.tls:
        host, port = address.rsplit(":", 1)
        for noise in b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(range(256)), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64:
            with socket.create_connection((host, int(port))) as connection:
                connection.settimeout(10)
                connection.sendall(noise)
                try:
                    while connection.recv(4096):
                        pass
                except (ConnectionError, TimeoutError):
                    pass
    client.ListPools()
