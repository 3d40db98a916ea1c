"""Refusals for what is wrong with the machine or the store, not with the call."""

import os
import resource
import sqlite3

import grpc
import pytest

from api import Client, error_details, refused
from conftest import connect
from pools import allocate, counter, make_pool, request_id
from server import Server


@pytest.fixture
def served(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        yield server, Client(channel)


def retry_seconds(refusal):
    return [detail.retry_delay.ToSeconds() for detail in refusal.details if isinstance(detail, error_details.RetryInfo)]


def test_no_descriptor_is_left_for_a_time_zone(served, business):
    server, client = served
    make_pool(client, business, time_zone="Europe/Berlin")
    used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
    unused = next(number for number in range(len(used) + 1) if number not in used)
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (unused, limits[1]))
    identity = request_id()

    def create(zone):
        return make_pool(client, business + "-2", time_zone=zone)

    refusal = refused(create, "Asia/Shanghai")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "TIME_ZONES_UNREADABLE")
    assert retry_seconds(refusal) == [1]
    # Nothing is wrong with the name, and with zones that were read before the server goes on.
    make_pool(client, business + "-3", time_zone="Europe/Berlin")
    allocate(client, business, request_id=identity)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
    assert create("Asia/Shanghai").time_zone == "Asia/Shanghai"


def test_the_store_refuses_one_call_and_serves_the_others(tmp_path):
    with Server(tmp_path) as server:
        assert server.stop() == 0
    # As whoever works on the store's file behind the server's back may leave it.
    with sqlite3.connect(server.store) as database:
        database.execute(
            "CREATE TRIGGER meddling BEFORE INSERT ON number_pool WHEN NEW.business = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'a secret of the operator'); END"
        )
    database.close()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "good")
        identity = request_id()
        for _ in range(2):
            refusal = refused(make_pool, client, "bad")
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.INTERNAL, "STORE_FAILED")
            # What is wrong inside is no business of a caller, and a repetition won't help.
            assert "secret" not in refusal.message and refusal.metadata == {} and retry_seconds(refusal) == []
        assert [pool.business for pool in client.ListPools().pools] == ["good"]
        allocate(client, "good", request_id=identity)
        assert counter(client, "good").allocated == 1
        assert server.stop() == 0
