"""`orderwire bench`: what it says of a server is so."""

import re
import signal
import subprocess
import threading

import pytest

from api import Client
from conftest import connect
from pools import counter, make_pool
from server import PROGRAM, Server, environment, eventually
from test_restarts import reserved_port


class Bench:
    """A bench that runs against `server`, and is given up after so many seconds."""

    def __init__(self, server, *arguments, seconds=120):
        self.seconds = seconds
        command = [PROGRAM, "bench", "--connect", server.h2c, "--warmup", "0", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        )

    def ended(self):
        return self.process.poll() is not None

    def result(self):
        """What it has printed at its end."""
        output, _ = self.process.communicate(timeout=self.seconds)
        assert self.process.returncode == 0, output
        print(output)
        return output

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def milliseconds(output, name):
    return float(re.search(rf"\b{name} ([\d.]+) ms", output)[1])


def wait_for_calls(client, count=20):
    """Until the bench has been answered so often since now."""
    before = counter(client, "bench").allocated
    assert eventually(lambda: counter(client, "bench").allocated >= before + count, 60)


def bench_pool(client):
    """As the bench would make it, for whoever wants to look at it before."""
    make_pool(client, "bench", "B{serial:12}")


def test_a_stall_is_seen_by_all_who_would_have_called(tmp_path):
    """One stream has one call at a time, so in a stall it sees one slow call; but a hundred were due in it."""
    stall, rate, seconds = 1, 100, 4
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        bench_pool(client)
        shape = ["--connections", 1, "--streams", 1]
        with Bench(server, *shape, "--rate", rate, "--seconds", seconds) as bench:
            wait_for_calls(client)
            server.process.send_signal(signal.SIGSTOP)
            threading.Event().wait(stall)
            server.process.send_signal(signal.SIGCONT)
            output = bench.result()
    # A quarter of all calls was due in the stall, and half of those waited for at least half of it.
    assert milliseconds(output, "p99") > 1000 * stall / 2
    assert f"acknowledged {rate * seconds}, counted {rate * seconds}: right" in output


def test_it_goes_on_through_a_restart_and_counts_nothing_twice(tmp_path):
    with reserved_port() as port:
        server = Server(tmp_path, ports=(port, 0))
        try:
            with connect(server, "h2c") as channel:
                bench_pool(Client(channel))
                with Bench(server, "--complete", "--reconnect", "--seconds", 5) as bench:
                    for _ in range(2):
                        wait_for_calls(Client(channel))
                        assert server.stop() == 0
                        server = Server(tmp_path, ports=(port, 0))
                        # grpcio connects anew by itself, but not at once.
                        channel.close()
                        channel = connect(server, "h2c")
                    output = bench.result()
                channel.close()
        finally:
            server.kill()
    assert int(re.search(r"(\d+) calls were made again", output)[1]) > 0
    assert "failed" not in output
    assert len(re.findall(r"acknowledged (\d+), counted \1: right", output)) == 2


def test_without_reconnecting_a_restart_is_a_failure(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        bench_pool(Client(channel))
        with Bench(server, "--seconds", 30) as bench:
            wait_for_calls(Client(channel))
            assert server.stop() == 0
            output, _ = bench.process.communicate(timeout=60)
    assert bench.process.returncode == 69
    assert "counters" in output


@pytest.mark.parametrize("method", ["allocate", "allocate-stream"])
def test_as_many_calls_as_were_asked_for_are_made(tmp_path, method):
    """Also where they don't divide by the connections, and are fewer than might be under way."""
    with Server(tmp_path) as server:
        for calls in (3, 1_001):
            shape = ["--connections", 2, "--streams", 5, "--calls", calls, "--count", 3]
            with Bench(server, "--method", method, *shape) as bench:
                output = bench.result()
            assert f"allocated: acknowledged {3 * calls}, counted {3 * calls}: right" in output


def test_a_stream_that_fails_is_told(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        bench_pool(client)
        with Bench(server, "--method", "allocate-stream", "--connections", 1, "--seconds", 60) as bench:
            wait_for_calls(client)
            client.StopBusiness(business="bench", reason="stock-taking")
            output, _ = bench.process.communicate(timeout=60)
    assert "this business is stopped: stock-taking" in output


@pytest.mark.parametrize("streams", [0, 1])
def test_idle_connections_are_held_and_weighed(tmp_path, streams):
    with Server(tmp_path) as server:
        shape = ["--idle", "--connections", 300, "--streams", streams, "--seconds", 1, "--server-pid", server.pid]
        with Bench(server, *shape) as bench:
            output = bench.result()
    before, held, more = map(float, re.search(r"memory ([\d.]+) MiB before, ([\d.]+) .* ([\d.]+) MiB more", output).groups())
    # A connection takes at least the two windows' and the session's bookkeeping.
    assert more == pytest.approx(held - before, abs=0.2) and more > 0.3
