"""`orderwire pools`, `allocate` and `watch`: what a person at a terminal, and a script, sees."""

import json
import os
import pty
import queue
import subprocess
import threading

import grpc
import pytest
from google.protobuf import json_format

from api import Client, allocation
from pools import make_pool
from server import PROGRAM, Server, environment, run
from test_restarts import reserved_port

DONE, USAGE, MISSING, UNAVAILABLE, FOR_NOW, REFUSED = 0, 64, 66, 69, 75, 76
SECONDS = 20


def orderwire(server, *arguments):
    return run(*arguments, "--connect", server.h2c, timeout=60)


def done(server, *arguments):
    result = orderwire(server, *arguments)
    assert (result.returncode, result.stderr) == (DONE, "")
    return result.stdout.splitlines()


def objects(lines):
    return [json.loads(line) for line in lines]


class Following:
    """A command that runs on; its lines can be waited for."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def next(self, wanted=lambda line: True):
        while True:
            line = self.lines.get(timeout=SECONDS)
            if wanted(line):
                return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def client(server):
    with grpc.insecure_channel(server.h2c) as channel:
        yield Client(channel)


@pytest.fixture
def pool(client, business):
    """The business of a new pool."""
    return make_pool(client, business, template="T{serial:6}").business


# pools


def test_a_pool_is_made_listed_and_shown(server, client):
    made = done(server, "pools", "create", "tmade", "M{serial:5}", "--serial-period", "never", "--reuse", "at-once")
    assert made[0].split("\t")[:2] == ["tmade", "M{serial:5}"]
    settings = client.GetPool(business="tmade").pool
    assert (settings.serial_period, settings.reuse_policy) == (allocation.SERIAL_PERIOD_NEVER, allocation.REUSE_POLICY_AT_ONCE)
    for listed in done(server, "pools", "list"), done(server, "pools"):
        assert [row.split("\t")[1] for row in listed if row.startswith("tmade\t")] == ["M{serial:5}"]
    details = dict(line.split("\t") for line in done(server, "pools", "show", "tmade"))
    assert (details["business"], details["template"], details["allocated"]) == ("tmade", "M{serial:5}", "0")


def test_json_is_that_of_proto3(server, client, pool):
    done(server, "allocate", pool, "--count", 3)
    (shown,) = objects(done(server, "pools", "show", pool, "--json"))
    settings = client.GetPool(business=pool).pool
    counter = client.GetCounter(business=pool).counter
    assert shown["pool"] == json_format.MessageToDict(settings)
    assert shown["counter"] == json_format.MessageToDict(counter)
    listed = objects(done(server, "pools", "list", "--json"))
    assert json_format.MessageToDict(settings) in listed


def test_all_pages_are_listed(server, client):
    names = [f"tpage{number:03}" for number in range(120)]
    for name in names:
        make_pool(client, name, template="{serial:6}")
    listed = [line.split("\t")[0] for line in done(server, "pools")]
    assert [name for name in listed if name.startswith("tpage")] == names


def test_watched_pools_change(server, pool):
    command = ["pools", "show", pool, "--json", "--watch", "--interval", "0.1", "--connect", server.h2c]
    with Following(*command) as watch:
        assert json.loads(watch.next())["counter"].get("allocated") is None
        done(server, "allocate", pool, "--count", 2)
        watch.next(lambda line: json.loads(line)["counter"].get("allocated") == "2")


def test_a_terminal_shows_a_table_in_place(server, pool):
    reader, writer = pty.openpty()
    command = [PROGRAM, "pools", "show", pool, "--watch", "--interval", "0.1", "--connect", server.h2c]
    process = subprocess.Popen(command, stdout=writer, env=environment())
    os.close(writer)
    try:
        seen = b""
        while seen.count(b"\x1b[") < 4:
            seen += os.read(reader, 65_536)
        rows = seen.split(b"\x1b[")[0].decode().splitlines()
        assert rows[0].split() == ["business", pool] and len(rows) > 10
        assert f"\x1b[{len(rows)}A\x1b[J".encode() in seen
    finally:
        process.kill()
        process.wait()
        os.close(reader)


def test_who_stops_reading_stops_the_watch(server, pool):
    command = [PROGRAM, "pools", "--watch", "--interval", "0.1", "--connect", server.h2c]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(SECONDS) == DONE


# allocate


def test_numbers_are_allocated(server, client, pool):
    rows = [line.split("\t") for line in done(server, "allocate", pool, "--count", 2, "--holder", "me")]
    assert [row[0] for row in rows] == ["T000001", "T000002"]
    lock = client.GetLock(business=pool, number="T000001").lock
    token = f"{lock.token.incarnation}.{lock.token.generation}"
    assert (lock.holder, rows[0][1], rows[0][2]) == ("me", token, str(lock.lease_id))
    # To the second: the clock that leases count is read anew for each.
    assert rows[0][3][:19] == lock.expire_time.ToJsonString()[:19]


def test_the_same_request_id_gives_the_same_numbers(server, pool):
    arguments = ["allocate", pool, "--holder", "me", "--lease", "20m", "--request-id", "one", "--json"]
    first, second = objects(done(server, *arguments)), objects(done(server, *arguments))
    assert first == second and first[0]["numbers"][0]["number"] == "T000001" and first[0]["repeatable"] is True
    attached = ["allocate", pool, "--holder", "me", "--lease-id", first[0]["leaseId"], "--json"]
    assert objects(done(server, *attached))[0]["leaseId"] == first[0]["leaseId"]


# Refusals and other ends


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["pools", "show", "tnone"], REFUSED, "(NOT_FOUND, POOL_NOT_FOUND)"),
        (["pools", "create", "tbad", "{"], REFUSED, "(INVALID_ARGUMENT, TEMPLATE_BRACE_NOT_CLOSED)"),
        (["allocate", "tnone", "--count", "0"], REFUSED, "(INVALID_ARGUMENT, "),
        (["watch", "tnone"], REFUSED, "(NOT_FOUND, POOL_NOT_FOUND)"),
        (["allocate", "x", "--lease", "20"], USAGE, "--lease"),
        (["allocate", "x", "--lease", "20m", "--lease-id", "1"], USAGE, "exclude each other"),
        (["watch", "x", "--cursor", "c", "--from-oldest"], USAGE, "exclude each other"),
        (["pools", "--interval", "0"], USAGE, "--interval"),
        (["pools", "--connect", "nowhere"], USAGE, "HOST:PORT"),
        (["pools", "--tls-ca", "/none.pem"], MISSING, "/none.pem"),
    ],
)
def test_refusals(server, arguments, status, message):
    result = orderwire(server, *arguments) if "--connect" not in arguments else run(*arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in result.stderr


def test_a_pool_that_is_dry_is_refused_for_now(server, client):
    make_pool(client, "tdry", template="{serial:1}", reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    done(server, "allocate", "tdry", "--count", 9)
    result = orderwire(server, "allocate", "tdry")
    assert (result.returncode, result.stdout) == (FOR_NOW, "")
    assert "(RESOURCE_EXHAUSTED, " in result.stderr


def test_a_server_that_is_not_there():
    with reserved_port() as port:
        result = run("allocate", "x", "--connect", f"127.0.0.1:{port}", "--request-id", "again")
    assert result.returncode == UNAVAILABLE and "repeat it with --request-id again" in result.stderr


def test_over_tls(server, certificates, pool):
    address = "localhost:" + server.tls.rsplit(":", 1)[1]
    result = run("allocate", pool, "--connect", address, "--tls-ca", certificates / "ca.pem")
    assert (result.returncode, result.stderr) == (DONE, "")


def test_the_help_has_the_exit_statuses():
    for command in "pools", "allocate", "watch":
        text = run(command, "--help").stdout
        assert all(f"\n  {status}  " in text for status in [USAGE, MISSING, UNAVAILABLE, FOR_NOW, REFUSED])


# watch


def test_events_are_followed_and_resumed(server, pool):
    done(server, "allocate", pool, "--holder", "me")
    with Following("watch", pool, "--from-oldest", "--json", "--connect", server.h2c) as watch:
        first = json.loads(watch.next(lambda line: "events" in line))
        event = first["events"][0]
        assert (event["kind"], event["lock"]["number"]) == ("LOCK_EVENT_KIND_ALLOCATED", "T000001")
    done(server, "allocate", pool, "--holder", "me")
    with Following("watch", pool, "--cursor", first["cursor"], "--connect", server.h2c) as watch:
        row = watch.next(lambda line: "allocated" in line).split("\t")
        assert row[1:4] == ["allocated", "T000002", "me"]
        kind, cursor = watch.next().split("\t")
        assert kind == "cursor" and cursor != first["cursor"]


def test_a_watch_connects_anew_and_goes_on(tmp_path):
    with reserved_port() as port:
        with Server(tmp_path / "a", ports=(port, 0), store=tmp_path / "s.db") as server:
            done(server, "pools", "create", "shop", "T{serial:6}")
            with Following("watch", "shop", "--from-oldest", "--connect", server.h2c) as watch:
                done(server, "allocate", "shop", "--holder", "me")
                assert "T000001" in watch.next(lambda line: "allocated" in line)
                server.kill()
                with Server(tmp_path / "b", ports=(port, 0), store=tmp_path / "s.db") as again:
                    done(again, "allocate", "shop", "--holder", "me")
                    # Nothing again, nothing missed.
                    assert "T000002" in watch.next(lambda line: "allocated" in line)
                    assert watch.process.poll() is None


@pytest.mark.parametrize("what", [["pools"], ["pools", "show", "shop"]], ids=" ".join)
def test_watched_pools_come_back_with_their_server(tmp_path, what):
    with reserved_port() as port:
        with Server(tmp_path / "a", ports=(port, 0), store=tmp_path / "s.db") as server:
            done(server, "pools", "create", "shop", "T{serial:6}")
            with Following(*what, "--json", "--watch", "--interval", "0.1", "--connect", server.h2c) as watch:
                assert "shop" in watch.next()
                assert server.stop() == 0
                while not watch.lines.empty():
                    watch.next()
                with Server(tmp_path / "b", ports=(port, 0), store=tmp_path / "s.db"):
                    assert "shop" in watch.next()
                    assert watch.process.poll() is None
