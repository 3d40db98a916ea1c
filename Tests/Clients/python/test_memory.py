"""Promise 7: memory stays flat, however many calls were made and connections have come and gone."""

import subprocess

import pytest

from server import PROGRAM, Server, environment

# A remembered request id takes 8 to 16 bytes, up to four million of them, in a table that grows by doubling.
REQUEST_IDS_KIB = 2 * 1_000_000 * 16 // 1024
# What an allocator may keep for itself or give back late.
NOISE_KIB = 4 * 1024


def load(server, *arguments):
    command = [PROGRAM, "bench", "--connect", server.h2c, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=1800, env=environment())
    assert result.returncode == 0, result.stdout + result.stderr
    print(result.stdout)


def check(server, body, calls, connections=8, streams=32):
    """Calls that keep nothing, by h2load."""
    result = subprocess.run(
        ["h2load", "-n", str(calls), "-c", str(connections), "-m", str(streams), "-d", body, "-H", "content-type: application/grpc",
         "-H", "te: trailers", f"http://{server.h2c}/grpc.health.v1.Health/Check"],
        capture_output=True, text=True, timeout=1800,
    )
    assert f"{calls} succeeded" in result.stdout, result.stdout


@pytest.mark.parametrize("calls", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_calls_that_keep_nothing(tmp_path, calls):
    body = tmp_path / "request"
    body.write_bytes(bytes(5))
    with Server(tmp_path) as server:
        check(server, body, 20_000)
        before = server.memory_kib()
        check(server, body, calls)
        after = server.memory_kib()
    print(f"{before} KiB, after {calls} calls {after} KiB")
    assert after - before < NOISE_KIB


@pytest.mark.long
def test_a_million_calls_that_are_remembered(tmp_path):
    with Server(tmp_path) as server:
        load(server, "--calls", 250_000, "--complete")
        before = server.memory_kib()
        load(server, "--calls", 500_000, "--complete")
        after = server.memory_kib()
    print(f"{before} KiB, after a million calls {after} KiB")
    assert after - before < REQUEST_IDS_KIB + NOISE_KIB


# The first waves find out how much so many connections need at a time, and where in memory.
@pytest.mark.parametrize("connections", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_connections_that_come_and_go(tmp_path, connections):
    body = tmp_path / "request"
    body.write_bytes(bytes(5))
    with Server(tmp_path) as server:
        idle = server.memory_kib()
        waves = []
        for _ in range(8):
            check(server, body, 4 * connections, connections, streams=1)
            waves.append(server.memory_kib())
    print(f"{idle} KiB, after each wave {waves} KiB")
    assert waves[-1] - waves[2] < NOISE_KIB
