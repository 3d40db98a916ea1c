"""LK4 and LK5: a holder that was paused past its lease can change nothing when it wakes."""

import json
import pathlib
import signal
import subprocess
import sys

import grpc
import pytest

from api import Client, allocation, locking
from pools import HOLDER, allocate, complete, counter, make_pool
from server import environment, eventually

PROGRAM = pathlib.Path(__file__).with_name("paused_holder.py")
LEASE_SECONDS = 1


@pytest.fixture
def client(server):
    with grpc.insecure_channel(server.h2c) as channel:
        yield Client(channel)


def mark(client, business, number):
    """All of it but the time at which it runs out, which is shown by a clock that may be corrected."""
    shown = client.GetLock(business=business, number=number.number).lock
    shown.ClearField("expire_time")
    return shown


# Without authentication a holder is but a name: then the token alone tells the two apart.
@pytest.mark.parametrize("successor", ["another", HOLDER])
def test_a_holder_paused_past_its_lease_changes_nothing_when_it_wakes(server, client, business, successor):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    command = [sys.executable, PROGRAM, server.h2c, business, HOLDER, str(LEASE_SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as holder:
        try:
            taken = json.loads(holder.stdout.readline())
            holder.send_signal(signal.SIGSTOP)
            assert eventually(lambda: counter(client, business).expired == 1, seconds=30)

            mine = allocate(client, business, holder=successor).numbers[0]
            assert mine.number == taken["number"] and mine.token.generation == taken["generation"] + 1
            before = mark(client, business, mine)
            counted = counter(client, business)

            holder.send_signal(signal.SIGCONT)
            woken, _ = holder.communicate(b"go on\n", timeout=60)
        finally:
            holder.kill()
    assert json.loads(woken) == {
        "keep alive": ["NOT_FOUND", "LEASE_NOT_FOUND", ""],
        "complete": ["FAILED_PRECONDITION", "TOKEN_STALE", "completions[0].token"],
        "release": ["FAILED_PRECONDITION", "TOKEN_STALE", "releases[0].token"],
        "renew": ["NOT_FOUND", "LEASE_NOT_FOUND", ""],
        "allocate": ["NOT_FOUND", "LEASE_NOT_FOUND", ""],
    }
    assert mark(client, business, mine) == before
    assert counter(client, business) == counted
    complete(client, business, [mine], holder=successor)
    assert mark(client, business, mine).state == locking.LOCK_STATE_COMPLETED
