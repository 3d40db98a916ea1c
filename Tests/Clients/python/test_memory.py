"""Promise 7: memory stays flat, however many calls were made and connections have come and gone."""

import subprocess

import pytest

from server import PROGRAM, Server, environment

# What a million remembered request ids may take (Store says 8 to 16 bytes each), and the noise of an allocator.
REQUEST_ID_KIB = 16 / 1024
NOISE_KIB = 8 * 1024


def load(server, *arguments):
    command = [PROGRAM, "bench", "--connect", server.h2c, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=1800, env=environment())
    assert result.returncode == 0, result.stdout + result.stderr
    print(result.stdout)


@pytest.mark.long
def test_a_million_calls(tmp_path):
    with Server(tmp_path) as server:
        load(server, "--calls", 100_000, "--complete")
        before = server.memory_kib()
        load(server, "--calls", 500_000, "--complete")
        after = server.memory_kib()
    print(f"{before} KiB, after a million calls {after} KiB")
    assert after - before < 1_000_000 * REQUEST_ID_KIB + NOISE_KIB


# The first wave finds out how much a thousand connections need at a time.
@pytest.mark.parametrize("connections", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_connections_that_come_and_go(tmp_path, connections):
    with Server(tmp_path) as server:
        idle = server.memory_kib()
        waves = []
        for _ in range(4):
            load(server, "--connections", connections, "--streams", 1, "--calls", 4 * connections)
            waves.append(server.memory_kib())
    print(f"{idle} KiB, after each wave {waves} KiB")
    assert waves[-1] - waves[0] < 4 * 1024
