"""Peers that read slowly or not at all, and peers that write slowly or not to the end: they cost bounded memory, and
nobody else's calls wait for them.

The server is `rpc-testserver`, whose `Expand` of "flood" writes messages of 10,000 bytes for as long as somebody
reads them.
"""

import contextlib
import os
import pathlib
import re
import struct
import threading

import grpc
import pytest
from google.protobuf.any_pb2 import Any

from echo_server import SECONDS, EchoServer, word
from raw_peer import DATA, END_STREAM, HEADERS, WINDOW_UPDATE, RawPeer, frame, message
from server import eventually

FLOOD = word("flood").SerializeToString()
OTHER_CALLS = 1000
MIB = 1024
# What an allocator may keep for itself, and what the other calls need.
NOISE_KIB = 16 * MIB
# HTTP2Limits.connectionQueueBytes, a message more of each stream, and half as much again for the queues' growth;
# then what nghttp2 and the call itself keep of a stream.
STREAM_KIB = 10 * 1.5 + 16
QUEUE_KIB = 4 * MIB * 1.5
# ServerLimits.responseBytesPerConnection and an answer more, with the growth and the gaps of so many blocks.
ANSWERS_KIB = 17 * MIB * 2.5
# What the peers of the messages that never end send, all of which waits for its rest.
INPUT_KIB = 1 * MIB * 1.5


def memory_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def settled_memory_kib(server):
    """The memory once it no longer grows."""
    seen = [memory_kib(server)]

    def is_settled():
        seen.append(memory_kib(server))
        return len(seen) > 5 and max(seen[-5:]) - min(seen[-5:]) < 64

    eventually(is_settled, SECONDS)
    return seen[-1]


def assert_bounded(more_kib, bound_kib):
    """A sanitizer keeps several bytes for each of the server's: under one, memory says nothing."""
    if "SANITIZER" not in os.environ:
        assert more_kib < bound_kib


@contextlib.contextmanager
def stuck(count, make):
    """`count` peers that `make` makes."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(make(index)) for index in range(count)]


def make_other_calls(channel, count=OTHER_CALLS):
    """Somebody else's calls: each is answered within its deadline."""
    unary = channel.unary_unary(
        "/test.Echo/Unary", request_serializer=Any.SerializeToString, response_deserializer=Any.FromString
    )
    for number in range(count):
        request = word("", str(number).encode())
        assert unary(request, timeout=SECONDS) == request


@pytest.fixture
def server():
    with EchoServer("--loops", "1") as server:
        yield server


@pytest.fixture
def others(server):
    """Another client on the only loop, so whatever holds the loop up holds this one up."""
    with grpc.insecure_channel(server.addresses["h2c"]) as channel:
        make_other_calls(channel)
        yield channel


def flooded(address, streams, window, receive_buffer=None):
    peer = RawPeer(address, window, receive_buffer)
    if window:
        peer.open_connection_window()
    for _ in range(streams):
        peer.call("/test.Echo/Expand", FLOOD)
    return peer


CONNECTIONS = [4, pytest.param(32, marks=pytest.mark.long)]


@pytest.mark.parametrize("connections", CONNECTIONS)
@pytest.mark.parametrize("window", [0, 1 << 30], ids=["windows that stay shut", "a socket that is not read"])
def test_streams_that_nobody_reads(server, others, connections, window):
    streams = 256
    before = settled_memory_kib(server)
    with stuck(connections, lambda _: flooded(server.addresses["h2c"], streams, window, 4096)):
        make_other_calls(others)
        more = settled_memory_kib(server) - before
        print(f"{connections} connections of {streams} streams: {more} KiB")
        assert_bounded(more, connections * (QUEUE_KIB + streams * STREAM_KIB) + NOISE_KIB)
        make_other_calls(others)
    for _ in range(connections * streams):
        server.wait_for("flood ends")
    make_other_calls(others)


def test_a_stream_that_is_read_goes_on_beside_those_that_are_not(server, others):
    """The queue of the connection is full of what isn't read; what is read comes nevertheless."""
    with flooded(server.addresses["h2c"], 800, window=0) as peer:
        settled_memory_kib(server)
        peer.open_connection_window()
        stream = peer.call("/test.Echo/Expand", FLOOD)
        peer.send(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 1 << 30)))
        received = 0
        for kind, _, of, payload in peer.frames():
            if (kind, of) == (DATA, stream):
                received += len(payload)
            if received > 10 << 20:
                break
        assert received > 10 << 20


@pytest.mark.parametrize("connections", CONNECTIONS)
def test_answers_that_nobody_reads(server, others, connections):
    """A unary answer is given at once, without waiting for room: above a limit its client gets no more of them."""
    before = settled_memory_kib(server)
    # Within the window of a stream whose SETTINGS nobody has acknowledged; together far above the limit.
    calls, body = 1000, word("", bytes(60_000)).SerializeToString()

    def make(_):
        peer = RawPeer(server.addresses["h2c"], window=0)
        for _ in range(calls):
            peer.call_in_frames("/test.Echo/Unary", body)
        return peer

    with stuck(connections, make) as peers:
        make_other_calls(others)
        more = settled_memory_kib(server) - before
        print(f"{connections} connections: {more} KiB")
        assert_bounded(more, connections * ANSWERS_KIB + NOISE_KIB)
        # A refusal needs no window, so it has come: headers that are all of the answer.
        for peer in peers:
            assert any(kind == HEADERS and flags & END_STREAM for kind, flags, _, _ in peer.frames())
        make_other_calls(others)


@pytest.mark.parametrize("connections", CONNECTIONS)
def test_messages_that_never_end(server, others, connections):
    streams, announced = 200, 4_000_000
    before = settled_memory_kib(server)

    def make(_):
        peer = RawPeer(server.addresses["h2c"])
        for _ in range(streams):
            stream = peer.request("/test.Echo/Unary")
            peer.send(frame(DATA, 0, stream, b"\0" + struct.pack(">I", announced) + bytes(5000)))
        return peer

    with stuck(connections, make):
        make_other_calls(others)
        more = settled_memory_kib(server) - before
        print(f"{connections} connections of {streams} streams: {more} KiB")
        assert_bounded(more, connections * (INPUT_KIB + streams * 16) + NOISE_KIB)
        make_other_calls(others)


def trickle(peers, data, stop):
    """Sends `data` to each, a byte at a time and one after the other, until `stop`."""
    for byte in data:
        for peer in peers:
            if stop.is_set():
                return
            peer.send(bytes([byte]))


def test_a_byte_at_a_time(server, others):
    """Frames that come so slowly are answered when they are whole, and keep nobody waiting until then."""
    text = Any(type_url="", value=b"slow").SerializeToString()
    with stuck(32, lambda _: RawPeer(server.addresses["h2c"])) as peers:
        streams = [peer.request("/test.Echo/Unary") for peer in peers]
        body = frame(DATA, END_STREAM, streams[0], message(text))
        writer = threading.Thread(target=trickle, args=(peers, body, threading.Event()))
        writer.start()
        make_other_calls(others)
        writer.join(SECONDS)
        for peer in peers:
            assert any(kind == DATA and payload == message(text) for kind, _, _, payload in until_end(peer))


def until_end(peer):
    for one in peer.frames():
        yield one
        if one[0] == HEADERS and one[1] & END_STREAM:
            return


def test_a_deadline_ends_a_request_that_does_not_end(server, others):
    with RawPeer(server.addresses["h2c"]) as peer:
        stream = peer.request("/test.Echo/Unary", ("grpc-timeout", "200m"))
        peer.send(frame(DATA, 0, stream, b"\0\0\0"))
        assert [kind for kind, _, of, _ in until_end(peer) if of == stream] == [HEADERS]
        make_other_calls(others)


def test_slow_peers_do_not_hold_up_a_stop():
    """`EchoServer` waits for the end of its process, whose grace is two seconds."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(EchoServer())
        address = server.addresses["h2c"]
        stack.enter_context(flooded(address, 64, window=0))
        stack.enter_context(flooded(address, 64, window=1 << 30, receive_buffer=4096))
        writer = stack.enter_context(RawPeer(address))
        writer.request("/test.Echo/Collect")
        within_a_frame = stack.enter_context(RawPeer(address))
        within_a_frame.send(frame(DATA, 0, 1, bytes(100))[:20])
        with grpc.insecure_channel(address) as channel:
            make_other_calls(channel, 10)
        server.process.stdin.close()
        assert server.process.wait(SECONDS) == 0
