"""Orders through several units at length, over lost consumers and kill -9 of the server: each reaches each unit, a
key in order, and nothing that was acknowledged comes again."""

import collections
import contextlib
import os
import threading
import time

import grpc
import pytest

from api import Client, forwarding as f
from conftest import connect
from consumers import put_consuming
from orders import order, put_intake
from server import Server

UNITS = ["erp", "wms", "bi"]
KEYS = 500
CALL = 100
CREDITS = 200
# For a machine that does other things too; a test that hangs ends with it.
SECONDS = 3_000
MEMORY_KIB = 400 * 1024


class Worker(threading.Thread):
    """A consumer that comes back whenever its stream ends, and keeps what was durably acknowledged, in order."""

    def __init__(self, run, unit, name, pause=0.0, crashes_at=lambda responses, seconds: False):
        super().__init__(daemon=True)
        self.run_of, self.unit, self.consumer = run, unit, name
        self.pause, self.crashes_at = pause, crashes_at
        self.crashes, self.error = 0, None

    def run(self):
        while not self.run_of.is_over:
            try:
                with self.run_of.connected() as channel:
                    self.consume(Client(channel).stub("Consume"))
            except grpc.RpcError as error:
                expected = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED)
                if error.code() not in expected:
                    self.error = error
                    return

    def consume(self, stub):
        answers = collections.deque([f.ConsumeRequest(attach=f.Attachment(
            business="b", unit=self.unit, consumer=self.consumer, credits=CREDITS))])
        ready = threading.Condition()
        asked, position, began = {}, 0, time.monotonic()

        def requests():
            while True:
                with ready:
                    while not answers:
                        ready.wait()
                    one = answers.popleft()
                if one is None:
                    return
                yield one

        call = stub(requests())
        try:
            for response in call:
                if response.HasField("settled"):
                    refused = {one.token for one in response.settled.refused}
                    done = asked.pop(response.settled.position)
                    self.run_of.acknowledged(self.unit, [one for one in done if one.token not in refused])
                elif response.HasField("deliveries"):
                    if self.pause:
                        # What a slow consumer is.
                        time.sleep(self.pause)
                    position += 1
                    taken = list(response.deliveries.deliveries)
                    self.run_of.delivered(self.unit, taken)
                    asked[position] = taken
                    with ready:
                        answers.append(f.ConsumeRequest(settle=f.Settlement(
                            position=position, acks=[one.token for one in taken])))
                        ready.notify()
                if self.crashes_at(position, time.monotonic() - began):
                    self.crashes += 1
                    return
                if self.run_of.is_over:
                    return
        finally:
            call.cancel()
            with ready:
                answers.append(None)
                ready.notify()


class Run:
    """What became of all orders. An order whose acknowledgement was cut off may be done without our knowing."""

    def __init__(self, server, count):
        self.server, self.count, self.is_over = server, count, False
        # Orders that may be given in by now: some are kept back for after each kill.
        self.allowed = 0
        # Guards what follows and `allowed`; told of every change.
        self.changed = threading.Condition()
        self.done = {unit: {} for unit in UNITS}
        self.last = {unit: {} for unit in UNITS}
        self.wrong, self.deliveries = [], 0

    @contextlib.contextmanager
    def connected(self):
        """A channel, once the server answers on it."""
        with connect(self.server, "h2c") as channel:
            grpc.channel_ready_future(channel).result(timeout=SECONDS)
            yield channel

    def allow(self, count):
        with self.changed:
            self.allowed = count
            self.changed.notify_all()

    def next_call(self, begin):
        """Where the call ends that begins there, once orders of it may be given in."""
        with self.changed:
            assert self.changed.wait_for(lambda: begin < self.allowed, SECONDS)
            return min(begin + CALL, self.allowed)

    def delivered(self, unit, deliveries):
        with self.changed:
            self.deliveries += len(deliveries)
            for one in deliveries:
                sequence, key = one.order.sequence, one.order.order.key
                if sequence in self.done[unit]:
                    self.wrong.append(f"{unit}: {sequence} came after it was acknowledged")
                if sequence < self.last[unit].get(key, 0):
                    self.wrong.append(f"{unit}: {sequence} came after {self.last[unit][key]} of {key}")
                self.last[unit][key] = sequence

    def acknowledged(self, unit, deliveries):
        with self.changed:
            for one in deliveries:
                self.done[unit][one.order.sequence] = one.order.order.number
            self.changed.notify_all()


def submit_all(run):
    """Gives all orders in, again after each cut."""
    begin = 0
    while begin < run.count:
        try:
            with run.connected() as channel:
                client = Client(channel)
                while begin < run.count:
                    end = run.next_call(begin)
                    client.Submit(business="b", orders=[
                        order(n, key=f"k{n % KEYS}", body=b"x" * 100) for n in range(begin, end)])
                    begin = end
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error


@pytest.mark.parametrize("count, kills", [
    (4_000, 2),
    pytest.param(int(os.environ.get("CONSUME_ORDERS", 300_000)), 5, marks=pytest.mark.long),
])
def test_every_order_reaches_every_unit_in_order_over_crashes(tmp_path, request, count, kills):
    server = Server(tmp_path)
    ports = (int(server.h2c.rpartition(":")[2]), 0)
    run = Run(server, count)
    request.addfinalizer(lambda: run.server.kill())
    with connect(server, "h2c") as channel:
        put_intake(Client(channel), "b")
        for unit in UNITS:
            put_consuming(Client(channel), "b", unit, attempts=100)
    began, memory = time.monotonic(), 0
    workers = [Worker(run, unit, name) for unit in UNITS for name in "12"]
    workers[1].pause = 0.01
    workers[3].crashes_at = lambda responses, seconds: seconds > 3 if count > 100_000 else responses >= 5
    submitter = threading.Thread(target=submit_all, args=[run], daemon=True)
    for thread in [submitter, *workers]:
        thread.start()

    def done():
        with run.changed:
            return sum(len(one) for one in run.done.values())

    def depth():
        try:
            with connect(run.server, "h2c") as channel:
                client = Client(channel)
                units = client.ListUnits(business="b").units
                kept = client.GetIntake(business="b").intake
                return sum(one.depth for one in units) + count - kept.orders + sum(one.depth for one in kept.lanes)
        except grpc.RpcError:
            return count

    killed, part, used = 0, count // (kills + 1), 0.0
    run.allow(part)
    while (left := depth()) > 0:
        assert time.monotonic() - began < SECONDS, f"{left} are left"
        assert not run.wrong and not any(worker.error for worker in workers), (run.wrong[:5], workers)
        memory = max(memory, run.server.memory_kib())
        if killed < kills and done() > 3 * (killed * part + part // 2):
            killed += 1
            used += run.server.processor_seconds()
            run.server.kill()
            run.server = Server(tmp_path, ports=ports)
            run.allow(count if killed == kills else (killed + 1) * part)
        with run.changed:
            run.changed.wait(0.1)
    run.is_over = True
    seconds = time.monotonic() - began
    used += run.server.processor_seconds()
    assert not run.wrong, run.wrong[:5]
    assert killed == kills and workers[3].crashes > 0
    # What wasn't answered before a cut may be done; it is little, and all the rest was seen to be.
    unseen = 3 * count - done()
    assert 0 <= unseen <= (kills + workers[3].crashes) * 6 * CREDITS
    with connect(run.server, "h2c") as channel:
        for unit in Client(channel).ListUnits(business="b").units:
            assert (unit.depth, unit.dead_letters) == (0, 0)
    print(f"{count} orders, {run.deliveries} deliveries, {unseen} unseen, {workers[3].crashes} crashes, "
          f"{seconds:.0f} s, {memory // 1024} MiB at most, {used / count * 1e6:.0f} µs of the server's processors an order")
    assert memory < MEMORY_KIB
