"""FW2, FW7: as many orders as there may be wait in one lane, which a unit holds, and go when it has room."""

import os
import pathlib
import re
import time

import pytest

from api import Client, forwarding as f
from conftest import connect
from orders import intake, order, put_intake
from server import Server, eventually

ORDERS = int(os.environ.get("ORDERWIRE_LANE_ORDERS", "2000000"))
ORDERS_A_CALL, CALLS_IN_FLIGHT = 1_000, 8
STATUS = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def megabytes(server):
    return int(STATUS.search(pathlib.Path(f"/proc/{server.pid}/status").read_text())[1]) / 1e3


def put_unit(client, bound):
    settings = f.ConsumptionSettings(queue_bound=bound, overflow_policy=f.OVERFLOW_POLICY_HOLD_LANE)
    client.PutUnit(unit=f.Unit(business="b", name="u", codes=["A"], consumption=settings))


def depth(client):
    return intake(client, "b").lanes[0].depth


def fill(client):
    """Seconds until each half was taken."""
    submit, pending, halves, began = client.stub("Submit"), [], [], time.monotonic()
    for first in range(0, ORDERS, ORDERS_A_CALL):
        if len(pending) == CALLS_IN_FLIGHT:
            pending.pop(0).result()
        if first == ORDERS // 2:
            halves.append(time.monotonic() - began)
        orders = [order(number, body=bytes(200)) for number in range(first, first + ORDERS_A_CALL)]
        pending.append(submit.future(f.SubmitRequest(business="b", orders=orders), timeout=60))
    for call in pending:
        call.result()
    return [*halves, time.monotonic() - began - halves[0]]


@pytest.mark.long
def test_a_held_lane_takes_all_orders_and_lets_all_of_them_go(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        put_intake(client, "b", lanes=1)
        put_unit(client, 1)
        halves = fill(client)
        assert eventually(lambda: depth(client) == ORDERS - 1)
        print(f"\n{ORDERS} orders: {halves[0]:.1f} s for one half, {halves[1]:.1f} s for the other, {megabytes(server):.0f} MB")
        server.kill()
    began = time.monotonic()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        print(f"start-up {time.monotonic() - began:.1f} s, {megabytes(server):.0f} MB")
        assert depth(client) == ORDERS - 1
        began = time.monotonic()
        put_unit(client, -1)
        assert eventually(lambda: depth(client) == 0, 120)
        print(f"gone {time.monotonic() - began:.1f} s after the unit had room")
        assert client.ListUnits(business="b").units[0].depth == ORDERS
