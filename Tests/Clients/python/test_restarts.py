"""What clients see while their server is stopped and started again under load: UNAVAILABLE, and nothing else.

Promise 1 holds across it: a call that was repeated until it was answered has happened once.
"""

import contextlib
import random
import socket
import threading
import time

import grpc
import pytest

from api import Client, locking
from history import Caller, check_nobody_shared_a_number, expected
from pools import counter, make_pool
from server import Server, eventually

BUSINESS = "shop"
CALLERS = 4
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
# How long a client waits before it tries again.
PAUSE_SECONDS = 0.02
GRACE_SECONDS = 1
CHANNEL_OPTIONS = [
    # Without it grpcio gives channels to one address the same connection.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 50),
]


class Work:
    """A thread of a client that goes on through restarts, until `stop` is set."""

    def __init__(self, body, *arguments):
        self.unavailable, self.failure, self.stop = 0, None, threading.Event()
        self._thread = threading.Thread(target=self._run, args=(body, *arguments))
        self._thread.start()

    def _run(self, body, *arguments):
        try:
            while not self.stop.is_set():
                body(self, *arguments)
        except BaseException as failure:  # for the test's thread to raise
            self.failure = failure

    def has_to_wait(self, error, what):
        """Takes note of an error that a restart may cause, and waits a little."""
        assert error.code() == UNAVAILABLE, f"{what}: {error.code()} {error.details()}"
        self.unavailable += 1
        self.stop.wait(PAUSE_SECONDS)

    def join(self):
        self._thread.join(60)
        assert not self._thread.is_alive(), "a call hangs"
        if self.failure:
            raise self.failure


def call_and_retry(work, caller, client):
    """One call, repeated with its request_id until it is answered, even after `stop`."""
    call = caller.next_call()
    while True:
        try:
            return caller.make(client, call)
        except grpc.RpcError as error:
            work.has_to_wait(error, call.method)


def keep_alive(work, client, holder):
    """A stream each way, until it is cut off."""
    turn = threading.Semaphore()

    def requests():
        while turn.acquire() and not work.stop.is_set():
            yield locking.KeepAliveRequest(business=BUSINESS, lease_id=lease, holder=holder)

    try:
        lease = client.CreateLease(business=BUSINESS, holder=holder).lease.lease_id
        for answer in client.KeepAlive(requests(), timeout=600):
            assert answer.lease.lease_id == lease
            # Some calls at a time are enough; what counts is that the stream is open.
            work.stop.wait(PAUSE_SECONDS)
            turn.release()
    except grpc.RpcError as error:
        work.has_to_wait(error, "KeepAlive")
    finally:
        # Lets go of the generator, wherever it waits.
        turn.release()


@contextlib.contextmanager
def reserved_port():
    """A port for one server after another. Bound but not listened on, it is given to no client meanwhile."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def connected(stack, server, certificates, turn):
    """A client on a connection of its own, every other one with TLS."""
    if turn % 2 == 0:
        channel = grpc.insecure_channel(server.h2c, CHANNEL_OPTIONS)
    else:
        roots = (certificates / "ca.pem").read_bytes()
        channel = grpc.secure_channel(server.tls, grpc.ssl_channel_credentials(root_certificates=roots), CHANNEL_OPTIONS)
    return Client(stack.enter_context(channel))


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.long)])
def test_clients_see_nothing_but_unavailable(tmp_path, certificates, rounds):
    seed = time.time_ns()
    print(f"seed {seed}")
    chance = random.Random(seed)
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(reserved_port()) for _ in range(2)]

        def start():
            return Server(tmp_path, "--grace", GRACE_SECONDS, certificates=certificates, ports=ports)

        server = start()
        stack.callback(lambda: server.kill())
        callers = [Caller(f"holder-{index}", [BUSINESS], chance.random()) for index in range(CALLERS)]
        clients = [connected(stack, server, certificates, index) for index in range(CALLERS + 2)]
        make_pool(clients[0], BUSINESS, "S{serial:9}", generation_batch=1000)
        works = [Work(call_and_retry, caller, client) for caller, client in zip(callers, clients)]
        works += [Work(keep_alive, client, f"keeper-{index}") for index, client in enumerate(clients[CALLERS:])]
        try:
            for _ in range(rounds):
                before = [len(caller.calls) for caller in callers]
                # Each has called this server, so each has a connection to lose.
                assert eventually(
                    lambda: all(len(one.calls) > then for one, then in zip(callers, before)) or failures(works), 60
                )
                eventually(lambda: failures(works), chance.uniform(0.05, 0.5))
                assert server.stop() == 0, server.log()
                server = start()
        finally:
            for work in works:
                work.stop.set()
            for work in works:
                work.join()

        assert all(work.unavailable > 0 for work in works), "a restart that nobody sees shows nothing"
        now, want = counter(clients[0], BUSINESS), expected(callers, BUSINESS)
        del want["amount"]
        assert {name: getattr(now, name) for name in want} == want
        check_nobody_shared_a_number(callers)
        answered = sum(len(caller.calls) for caller in callers)
        print(f"{rounds} restarts, {answered} calls, {sum(work.unavailable for work in works)} times UNAVAILABLE")


def failures(works):
    return [work.failure for work in works if work.failure]
