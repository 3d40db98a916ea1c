"""A disk that is full: calls are refused for now, nothing is lost, and it goes on by itself when there is room."""

import os
import pathlib
import shutil
import subprocess

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from api import Client, error_details, refused
from conftest import connect
from pools import allocate, counter, make_pool, request_id
from server import Server, eventually

MEBIBYTES = 8


@pytest.fixture
def small_disk(tmp_path):
    """How to start a server that sees a disk of its own, of a few MiB, at a folder; needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    prefix = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size={MEBIBYTES}m tmpfs "{folder}" && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("no permission to mount a disk")
    return folder, prefix


def health(channel):
    return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10).status


def test_a_full_disk(tmp_path, small_disk):
    disk, prefix = small_disk
    with Server(tmp_path, store=disk / "store.db", prefix=prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", low_watermark=0, high_watermark=0, generation_batch=1)
        first = allocate(client, "shop", 10).numbers
        # The disk as the server sees it.
        filler = pathlib.Path(f"/proc/{server.pid}/root{disk}/filler")
        with open(filler, "wb") as file, pytest.raises(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))

        def fills_up():
            try:
                allocate(client, "shop", 1000)
            except grpc.RpcError as error:
                return error

        error = eventually(fills_up)
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert eventually(lambda: health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING)
        identity = request_id()
        refusal = refused(allocate, client, "shop", request_id=identity)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert "full" in refusal.message
        assert any(isinstance(detail, error_details.RetryInfo) for detail in refusal.details)
        # Questions are answered all the same, from what is committed.
        assert client.GetLock(business="shop", number=first[0].number).lock.number == first[0].number
        full = counter(client, "shop")
        assert full.allocated == full.live and (full.allocated - 10) % 1000 == 0

        filler.unlink()
        assert eventually(lambda: health(channel) == health_pb2.HealthCheckResponse.SERVING)
        number = allocate(client, "shop", request_id=identity).numbers[0]
        now = counter(client, "shop")
        # What was refused did not happen: the serials go on without a gap.
        assert number.number == f"SO{now.allocated:06}"
        assert now.allocated == now.live and (now.allocated - 11) % 1000 == 0
        assert client.GetLock(business="shop", number=first[0].number).lock.number == first[0].number
        assert "can't write for now" in server.log() and "can write again" in server.log()
