"""Orders through several units at length, over lost consumers and kill -9 of the server: each reaches each unit, a
key in order, and nothing whose acknowledgement was confirmed comes again.

The consumers are those of `orderwire bench --method submit --verify`: they come back whatever ends their streams, and
hold what they get against what was given in. Here the server is started, killed and started again, and their report
read.
"""

import operator
import os
import re
import time

import grpc
import pytest

from api import Client
from conftest import connect
from server import Server, eventually
from test_bench import Bench

UNITS = ["u1", "u2", "u3"]
CONSUMERS = 2
# Few beside the keys: what the slow one has in hand holds those keys back.
CREDITS = 50
COUNT = 100
# For a machine that does other things too; a test that hangs ends with it.
SECONDS = 3_000
MEMORY_KIB = 400 * 1024


def progress(server):
    """Orders that were given in, and those that units are done with, of all units together."""
    with connect(server, "h2c") as channel:
        client = Client(channel)
        try:
            orders = client.GetIntake(business="bench").intake.orders
            units = client.ListUnits(business="bench").units
        except grpc.RpcError as error:
            # Before the bench has made them.
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
            return 0, 0
    return orders, sum(orders - unit.depth for unit in units)


def figures(report):
    consumed = re.search(
        r"^(\d+) consumers: (\d+) deliveries of (\d+) orders on (\d+) streams, (\d+) cut off and (\d+) dropped; "
        r"(\d+) again, (\d+) without an answer", report, re.M)
    return map(int, consumed.groups())


@pytest.mark.parametrize("orders, kills, slow, crash", [
    (6_000, 2, 20, 0.2),
    pytest.param(int(os.environ.get("CONSUME_ORDERS", 300_000)), 5, 5, 10, marks=pytest.mark.long),
])
def test_every_order_reaches_every_unit_in_order_over_crashes(tmp_path, request, orders, kills, slow, crash):
    server = Server(tmp_path)
    request.addfinalizer(lambda: server.kill())
    ports = (int(server.h2c.rpartition(":")[2]), 0)
    began, memory, used = time.monotonic(), [], []

    def weigh():
        memory.append(server.peak_memory_kib())
        used.append(server.processor_seconds())

    options = ["--method", "submit", "--connections", 4, "--streams", 8, "--count", COUNT, "--calls", orders // COUNT]
    options += ["--consumers", CONSUMERS, "--credits", CREDITS, "--reconnect", "--verify"]
    options += ["--slow-consumer", slow, "--crashing-consumer", crash]
    with Bench(server, *options, seconds=SECONDS) as bench:
        for kill in range(kills):
            # The first ones while orders are given in, the others while units work them off.
            if kill < (kills + 1) // 2:
                due = ((kill + 1) * orders // (kills + 1), 0)
            else:
                due = (orders, (kill + 1) * len(UNITS) * orders // (kills + 1))
            assert eventually(lambda: bench.ended() or all(map(operator.ge, progress(server), due)), SECONDS)
            assert not bench.ended(), bench.result()
            weigh()
            server.kill()
            server = Server(tmp_path, ports=ports)
        report = bench.result()
        weigh()

    found = re.findall(r"^the units' orders: 0 lost, .*: right$", report, re.M)
    assert len(found) == 1 and "WRONG" not in report and "failed" not in report
    consumers, deliveries, taken, streams, cut, dropped, again, unanswered = figures(report)
    assert (consumers, taken) == (len(UNITS) * CONSUMERS, orders)
    # Each kill cut streams off, and one was dropped besides; each of those was followed by another.
    assert cut >= kills and dropped > 0 and streams == consumers + cut + dropped
    assert again > 0 and deliveries == len(UNITS) * orders + again
    # Nobody knows of them whether they were heard; all the rest was confirmed.
    assert unanswered <= (cut + dropped) * CREDITS
    with connect(server, "h2c") as channel:
        units = Client(channel).ListUnits(business="bench").units
        assert [(unit.name, unit.depth, unit.dead_letters, unit.in_hand) for unit in units] == [
            (name, 0, 0, 0) for name in UNITS]
    print(f"{kills} kills, {time.monotonic() - began:.0f} s, {max(memory) // 1024} MiB at most, "
          f"{sum(used) / orders * 1e6:.0f} µs of the server's processors an order")
    assert max(memory) < MEMORY_KIB


@pytest.mark.parametrize("options, sentence", [
    (["--consumers", 1], "--consumers needs --method submit"),
    (["--method", "submit", "--consumers", 1, "--reconnect"], "--consumers with --reconnect needs --verify"),
    (["--method", "submit", "--verify"], "--verify needs --watches from 1 to 1000, or --method submit with --consumers"),
    (["--method", "submit", "--consumers", 1, "--slow-consumer", 1], "need --consumers and --verify"),
    (["--method", "submit", "--consumers", 1, "--verify", "--slow-consumer", 0], "must be from 1 to 3000"),
    (["--method", "submit", "--consumers", 1, "--verify", "--crashing-consumer", 0], "must be from 0.01 to 3600"),
    (["--method", "submit", "--consumers", 1, "--credits", 1001], "--credits must be from 1 to 1000"),
])
def test_what_consumers_cant_be_is_refused(server, options, sentence):
    with Bench(server, *options) as bench:
        output, _ = bench.process.communicate(timeout=60)
    assert bench.process.returncode == 64
    assert sentence in output


def test_orders_of_another_load_are_told(tmp_path):
    """Those in the queues of an intake that isn't the load's alone."""
    with Server(tmp_path) as server:
        shape = ["--method", "submit", "--connections", 1, "--streams", 2, "--calls", 10]
        with Bench(server, *shape) as bench:
            bench.result()
        with Bench(server, *shape, "--consumers", 1, "--verify") as bench:
            output, _ = bench.process.communicate(timeout=120)
    assert bench.process.returncode == 65
    assert re.search(r"^the units' orders: 0 lost, .* 30 not of this load, .*: WRONG$", output, re.M), output
    assert "a unit didn't get each order once and in order" in output
