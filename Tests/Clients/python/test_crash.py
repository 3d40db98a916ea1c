"""Promises 1 and 2: what was acknowledged survives kill -9 at any moment, and no number is held by two.

The wall clock may be stepped back and forth meanwhile; the server is then run under libfaketime.
"""

import contextlib
import datetime
import random
import threading
import time

import pytest

from api import Client, allocation, locking
from clock import Clock
from conftest import connect
from history import Caller, check_nobody_shared_a_number, expected, load
from pools import counter, make_pool
from server import Server, eventually

BUSINESSES = ["shop", "market"]
CALLERS = 8
SERIAL_WIDTH = 8
# Within the window of request ids, which are told by the time that they carry.
FIRST_STEP = "+6h"
CLOCK_STEPS = ["+0", "+6h", "-6h", "+1", "-1", "+90m", "-30"]


def parts(number):
    return number[2:16], int(number[16:])


def latest(callers):
    """The latest time in a number."""
    made = max(parts(one.number.number)[0] for caller in callers for one in caller.held)
    return datetime.datetime.strptime(made, "%Y%m%d%H%M%S")


def check_pool(client, callers, business):
    """Every serial is accounted for, and the counters are what the answers add up to."""
    now = counter(client, business)
    want = expected(callers, business)
    amounts = {amount.currency_code: amount.amount_minor for amount in now.completed_amounts}
    got = {name: getattr(now, name) for name in want if name != "amount"} | {"amount": amounts.get("CNY", 0)}
    assert got == want
    assert now.generated + now.remaining_in_period == 10**SERIAL_WIDTH - 1
    assert now.remaining_in_pool == now.generated - now.live - now.completed
    # Serials are first handed out in order, none left out, and their time never goes back.
    fresh = sorted(
        parts(one.number.number)[::-1]
        for caller in callers for one in caller.held
        if one.business == business and one.number.token.generation == 1
    )
    assert [serial for serial, _ in fresh] == list(range(1, len(fresh) + 1))
    assert [made for _, made in fresh] == sorted(made for _, made in fresh)


def check_marks(client, callers, chosen):
    """The mark of each number is what its last holder was told. `chosen` picks the ones to look at."""
    latest = {}
    for one in (one for caller in callers for one in caller.held):
        key = (one.business, one.number.number)
        if key not in latest or latest[key].number.token.generation < one.number.token.generation:
            latest[key] = one
    for one in chosen(list(latest.values())):
        mark = client.GetLock(business=one.business, number=one.number.number).lock
        assert (mark.state, mark.holder, mark.token) == (one.state, one.holder, one.number.token)


def check_bounds(client, callers, business):
    """Before anything is repeated: all that was answered is there, and at most what was cut off beside it."""
    now, sure = counter(client, business), expected(callers, business)
    open_calls = [caller.cut_off for caller in callers if caller.cut_off and caller.cut_off.request.business == business]
    for field, method in ("allocated", "Allocate"), ("completed", "Complete"), ("released", "Release"):
        more = sum(
            call.request.count if method == "Allocate" else len(call.held)
            for call in open_calls if call.method == method
        )
        assert sure[field] <= getattr(now, field) <= sure[field] + more, field


def crash(folder, rounds, seed, stepped):
    chance = random.Random(seed)
    clock = Clock(folder, FIRST_STEP) if stepped else None

    @contextlib.contextmanager
    def serving():
        with Server(folder, prefix=clock.prefix if clock else ()) as server:
            with connect(server, "h2c") as channel:
                yield server, Client(channel)
        if clock:
            clock.tidy(server)
            clock.set(chance.choice(CLOCK_STEPS))

    callers = [Caller(f"holder-{i}", BUSINESSES, chance.random()) for i in range(CALLERS)]
    calls = 0
    for round in range(rounds):
        with serving() as (server, client):
            if round == 0:
                for business in BUSINESSES:
                    make_pool(
                        client, business, "SO{timestamp:yyyyMMddHHmmss}{serial:%d}" % SERIAL_WIDTH,
                        reuse_policy=allocation.REUSE_POLICY_AT_ONCE, generation_batch=50,
                        low_watermark=20, high_watermark=200,
                    )
            join = load(server.h2c, callers)
            end = time.monotonic() + chance.uniform(0.2, 1.5)
            while time.monotonic() < end:
                eventually(lambda: False, seconds=0.1)
                if clock and chance.random() < 0.5:
                    clock.set(chance.choice(CLOCK_STEPS))
            server.kill()
            join()
        with serving() as (server, client):
            for business in BUSINESSES:
                check_bounds(client, callers, business)
            for caller in callers:
                caller.settle(client)
                caller.repeat_some(client, 5)
            for business in BUSINESSES:
                check_pool(client, callers, business)
            check_nobody_shared_a_number(callers)
            last = round == rounds - 1
            check_marks(client, callers, lambda all: all if last else chance.sample(all, min(300, len(all))))
            # The next round begins where this server ended: by a kill as well.
            server.kill()
        if clock:
            # The steps do reach the server: the time in its numbers, which never goes back, is ahead of ours.
            hours_ahead = (latest(callers) - datetime.datetime.utcnow()) / datetime.timedelta(hours=1)
            assert 5 < hours_ahead < 7
        made = sum(len(caller.calls) for caller in callers)
        assert made > calls, "a round without a call shows nothing"
        calls = made
    print(f"{rounds} rounds, {calls} calls answered, seed {seed}")


@pytest.mark.parametrize("stepped", [False, True], ids=["steady clock", "stepped clock"])
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_kill(tmp_path, rounds, stepped):
    seed = time.time_ns()
    print(f"seed {seed}")
    crash(tmp_path, rounds, seed, stepped)
