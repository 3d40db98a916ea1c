"""Promise 6 at length: readers of every kind, over kill -9, see each event of their filter once and in order.

Every reader keeps the cursor of its last response and nothing else, and goes on from it whenever its stream ends.
"""

import array
import collections
import itertools
import random
import threading
import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from api import Client, locking
from history import CUT_OFF
from pools import complete, make_pool, release, request_id
from server import Server
from watching import Watch

HOLDERS = ["holder-0", "holder-1", "holder-2", "holder-3"]
# What its tails, its pages and what is on its way to 50 clients may take together, and all the rest.
MEMORY_KIB = 400 * 1024
SETTLE_SECONDS = 240


class Reader(threading.Thread):
    """Follows the feed of one business, in the manner of its kind, until it is at `end` (a cursor)."""

    KINDS = ["plain", "filtered", "slow", "restless", "ends"]

    def __init__(self, number, channel, seed):
        super().__init__(daemon=True)
        self.kind = self.KINDS[number % len(self.KINDS)]
        self.filter = {}
        if self.kind in ("filtered", "slow"):
            self.filter["holder"] = HOLDERS[number // len(self.KINDS) % len(HOLDERS)]
        elif self.kind == "ends":
            self.filter["states"] = [locking.LOCK_STATE_COMPLETED, locking.LOCK_STATE_RELEASED]
        self.client = Client(channel)
        self.chance = random.Random(seed)
        self.sequences = array.array("q")
        self.cursor, self.end = "", None
        self.streams, self.failure = 0, None

    def run(self):
        try:
            while self.cursor != self.end:
                self.follow()
        except Exception as error:
            self.failure = error

    def follow(self):
        """One stream, as far as it goes."""
        self.streams += 1
        # How long a restless one stays.
        patience = self.chance.randrange(1, 200) if self.kind == "restless" else None
        stream = self.client.WatchLocks(
            business="shop", cursor=self.cursor, from_oldest=not self.cursor, timeout=600,
            progress_interval=Duration(nanos=200_000_000), **self.filter,
        )
        try:
            for count, response in enumerate(stream):
                self.sequences.extend([event.sequence for event in response.events])
                self.cursor = response.cursor
                if self.cursor == self.end or count == patience:
                    return
                if self.kind == "slow":
                    time.sleep(0.005)
        except grpc.RpcError as error:
            if error.code() not in CUT_OFF:
                raise
            time.sleep(0.05)
        finally:
            stream.cancel()

    def wants(self, event):
        if "holder" in self.filter:
            return (event.lock.holder or event.lease.holder) == self.filter["holder"]
        if "states" in self.filter:
            return event.HasField("lock") and event.lock.state in self.filter["states"]
        return True


class Writer(threading.Thread):
    """Allocates, completes, releases and renews until so many numbers were handed out; repeats what was cut off."""

    def __init__(self, holder, channel, numbers):
        super().__init__(daemon=True)
        self.client, self.holder, self.numbers = Client(channel), holder, numbers
        self.done, self.failure = 0, None

    def answered(self, call, *arguments, **fields):
        fields["request_id"] = request_id()
        while True:
            try:
                return call(*arguments, **fields)
            except grpc.RpcError as error:
                if error.code() not in CUT_OFF:
                    raise
                time.sleep(0.02)

    def run(self):
        try:
            for round in itertools.count():
                if self.done >= self.numbers:
                    return
                count = (1, 20, 100)[round % 3]
                answer = self.answered(self.client.Allocate, business="shop", count=count, holder=self.holder)
                half = answer.numbers[: count // 2]
                if half:
                    self.answered(complete, self.client, "shop", half, holder=self.holder)
                    self.answered(release, self.client, "shop", answer.numbers[-1:], holder=self.holder)
                if round % 10 == 0:
                    self.answered(self.client.Renew, business="shop", lease_id=answer.lease_id, holder=self.holder)
                self.done += count
        except Exception as error:
            self.failure = error


@pytest.mark.parametrize(
    "readers, messages, kills", [(10, 6_000, 2), pytest.param(50, 200_000, 10, marks=pytest.mark.long)]
)
def test_each_reader_sees_each_event_once_and_in_order(tmp_path, readers, messages, kills):
    # A number allocated comes with about half an end.
    numbers = messages * 2 // 3 // len(HOLDERS)
    server = Server(tmp_path)
    ports = (int(server.h2c.rpartition(":")[2]), 0)
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 200)]
    channels = [grpc.insecure_channel(server.h2c, options) for _ in range(6)]
    make_pool(Client(channels[0]), "shop", "SO{serial:9}")
    following = [Reader(number, channels[number % 5], seed=number) for number in range(readers)]
    writing = [Writer(holder, channels[5], numbers) for holder in HOLDERS]
    began = time.monotonic()
    for thread in [*following, *writing]:
        thread.start()
    memory, killed = 0, 0
    while any(writer.is_alive() for writer in writing):
        memory = max(memory, server.memory_kib())
        if sum(writer.done for writer in writing) > (killed + 1) * numbers * len(writing) // (kills + 1) and killed < kills:
            server.kill()
            killed += 1
            server = Server(tmp_path, ports=ports)
        time.sleep(0.05)
    written = time.monotonic() - began
    assert killed == kills and not [writer.failure for writer in writing if writer.failure]

    grpc.channel_ready_future(channels[5]).result(20)
    with Watch(Client(channels[5]), "shop") as now:
        end = now.cursor
    for reader in following:
        reader.end = end
    limit = time.monotonic() + SETTLE_SECONDS
    for reader in following:
        while reader.is_alive() and time.monotonic() < limit:
            reader.join(0.1)
            memory = max(memory, server.memory_kib())
    assert not [reader.failure for reader in following if reader.failure]
    assert not [reader.kind for reader in following if reader.is_alive()], "not at the end in time"

    truth = []
    with Watch(Client(channels[5]), "shop", from_oldest=True, timeout=600) as watch:
        while watch.cursor != end:
            truth += watch.response().events
    sequences = [event.sequence for event in truth]
    assert sequences == sorted(set(sequences)) and len(truth) >= messages
    # The events are what became of the numbers: as many of each kind as the counters say.
    counted = Client(channels[5]).GetCounter(business="shop").counter
    kinds = collections.Counter(event.kind for event in truth)
    assert kinds[locking.LOCK_EVENT_KIND_COMPLETED] == counted.completed
    assert kinds[locking.LOCK_EVENT_KIND_RELEASED] == counted.released
    assert kinds[locking.LOCK_EVENT_KIND_ALLOCATED] + kinds[locking.LOCK_EVENT_KIND_REUSED] == counted.allocated
    for number, reader in enumerate(following):
        wanted = array.array("q", [event.sequence for event in truth if reader.wants(event)])
        assert reader.sequences == wanted, f"reader {number}, {reader.kind}: {len(reader.sequences)} of {len(wanted)}"
    seen = sum(len(reader.sequences) for reader in following)
    print(
        f"{len(truth)} events, {seen} seen by {readers} readers on {sum(reader.streams for reader in following)} streams, "
        f"{killed} kills, {written:.0f} s to write, {time.monotonic() - began:.0f} s in all, {memory // 1024} MiB at most"
    )
    assert memory < MEMORY_KIB
    server.kill()
