"""Promise 6 at length: readers of every kind, over kill -9, see each event of their filter once and in order.

The readers are those of `orderwire bench --verify`: each keeps the cursor of its last response and nothing else, and
goes on from it whenever its stream ends. Here the server is started, killed and started again, and their report read.
"""

import re
import time

import pytest

from api import Client
from conftest import connect
from pools import counter
from server import Server, eventually
from test_bench import Bench, bench_pool

COUNT = 20
# What its tails, its pages and what is on its way to 50 readers may take together, and all the rest.
MEMORY_KIB = 400 * 1024
# For a machine that does other things too; a test that hangs ends with it.
SECONDS = 900


@pytest.mark.parametrize(
    "readers, messages, kills", [(10, 6_000, 2), pytest.param(50, 200_000, 10, marks=pytest.mark.long)]
)
def test_each_reader_sees_each_event_once_and_in_order(tmp_path, readers, messages, kills):
    # A number comes with two events.
    calls = messages // (2 * COUNT)
    server = Server(tmp_path)
    ports = (int(server.h2c.rpartition(":")[2]), 0)
    with connect(server, "h2c") as channel:
        bench_pool(Client(channel))
    began, memory = time.monotonic(), [0]

    def allocated(client):
        memory[0] = max(memory[0], server.memory_kib())
        return counter(client, "bench").allocated

    options = ["--connections", 4, "--streams", 4, "--count", COUNT, "--calls", calls, "--complete", "--reconnect"]
    with Bench(server, *options, "--watches", readers, "--verify", seconds=SECONDS) as bench:
        for kill in range(kills):
            due = (kill + 1) * calls * COUNT // (kills + 1)
            with connect(server, "h2c") as channel:
                client = Client(channel)
                assert eventually(lambda: bench.ended() or allocated(client) >= due, SECONDS)
            assert not bench.ended(), bench.result()
            server.kill()
            server = Server(tmp_path, ports=ports)
        with connect(server, "h2c") as channel:
            client = Client(channel)
            assert eventually(lambda: bench.ended() or not allocated(client), SECONDS)
        report = bench.result()

    streams, cut = map(int, re.search(rf"{readers} readers .* on (\d+) streams, (\d+) cut off: right$", report, re.M).groups())
    # Each kill ended streams that were being read, and the restless left on their own besides.
    assert streams > readers + cut and cut >= kills
    print(f"{kills} kills, {time.monotonic() - began:.0f} s, {memory[0] // 1024} MiB at most")
    assert memory[0] < MEMORY_KIB
    server.kill()
