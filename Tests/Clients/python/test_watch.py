"""WatchLocks: what a stream shows, where it begins and goes on, whom it leaves out, and when it is refused."""

import itertools
import shutil
import sqlite3

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from api import Client, allocation, locking, refused, wrong_fields
from conftest import connect
from orderwire.feed import Feed
from pools import HOLDER, allocate, complete, make_pool, release, yuan
from server import Server, eventually
from watching import Watch, kind, list_locks

INVALID = grpc.StatusCode.INVALID_ARGUMENT
OUT_OF_RANGE = grpc.StatusCode.OUT_OF_RANGE
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
AT_ONCE = allocation.REUSE_POLICY_AT_ONCE
SOON = Duration(nanos=100_000_000)


def refused_stream(client, **fields):
    """How a watch is refused; it must be before its first response."""
    return refused(lambda: next(client.WatchLocks(**fields)))


def test_a_watch_shows_what_becomes_of_numbers(client, business):
    make_pool(client, business, reuse_policy=AT_ONCE)
    with Watch(client, business) as watch:
        answer = allocate(client, business, 3)
        first, second, _ = answer.numbers
        events = watch.events(3)
        assert [kind(event) for event in events] == ["ALLOCATED"] * 3
        assert [event.lock.number for event in events] == [number.number for number in answer.numbers]
        shown = events[0].lock
        stored = client.GetLock(business=business, number=first.number).lock
        assert shown.expire_time.ToMilliseconds() == pytest.approx(stored.expire_time.ToMilliseconds(), abs=2)
        stored.expire_time.CopyFrom(shown.expire_time)
        assert stored == shown and shown.last_event == events[0].sequence
        assert shown.token == first.token and shown.holder == HOLDER and shown.state == locking.LOCK_STATE_LIVE
        assert shown.allocate_time == events[0].event_time

        client.Renew(business=business, lease_id=answer.lease_id, holder=HOLDER)
        renewed = watch.events(1)[0]
        assert kind(renewed) == "RENEWED" and not renewed.HasField("lock")
        assert renewed.lease.lease_id == answer.lease_id and renewed.lease.holder == HOLDER
        assert renewed.lease.expire_time.ToMicroseconds() > shown.expire_time.ToMicroseconds()

        complete(client, business, [first], yuan(1999))
        completed = watch.events(1)[0]
        assert kind(completed) == "COMPLETED" and completed.lock.amount == yuan(1999)
        assert completed.lock == client.GetLock(business=business, number=first.number).lock

        release(client, business, [second], "the cart was left")
        released = watch.events(1)[0]
        assert kind(released) == "RELEASED" and released.lock.release_reason == "the cart was left"
        assert released.lock == client.GetLock(business=business, number=second.number).lock

        again = allocate(client, business, 1, "another").numbers[0]
        reused = watch.events(1)[0]
        assert kind(reused) == "REUSED" and reused.lock.number == again.number == second.number
        assert reused.lock.token == again.token and reused.lock.token.generation == 2
        sequences = [event.sequence for event in [*events, renewed, completed, released, reused]]
        assert sequences == sorted(set(sequences))


def test_numbers_whose_lease_runs_out_are_shown(client, business):
    make_pool(client, business, min_lease_ttl=Duration(seconds=1))
    with Watch(client, business) as watch:
        number = allocate(client, business, lease_ttl=Duration(seconds=1)).numbers[0]
        _, expired = watch.events(2)
        assert kind(expired) == "EXPIRED" and expired.lock.state == locking.LOCK_STATE_EXPIRED
        assert expired.lock.number == number.number and expired.lock.end_time == expired.event_time


def test_a_watch_shows_numbers_of_a_template_that_came_later(client, business):
    """Numbers that show a permutation of their serials too; and a list shows all of them."""
    make_pool(client, business, "A{serial:6}")
    with Watch(client, business) as watch:
        numbers = [number.number for number in allocate(client, business, 3).numbers]
        for template, unguessable in ("BB{serial:6}", True), ("CCC{serial:6}", False):
            client.UpdatePool(
                pool=allocation.Pool(business=business, template=template, unguessable_serials=unguessable),
                update_mask={"paths": ["template", "unguessable_serials"]},
            )
            numbers += [number.number for number in allocate(client, business, 3).numbers]
        assert [event.lock.number for event in watch.events(9)] == numbers
    assert [lock.number[0] for lock in list_locks(client, business)[0]] == list("AAABBBCCC")
    assert {lock.number for lock in list_locks(client, business, page_size=2)[0]} == set(numbers)


def test_a_watch_begins_where_it_is_told(client, business):
    make_pool(client, business)
    allocate(client, business, 3)
    with Watch(client, business) as now:
        allocate(client, business, 2)
        assert len(now.events(2)) == 2
    with Watch(client, business, from_oldest=True) as oldest:
        events = oldest.events(5)
        assert len(events) == 5
    with Watch(client, business, cursor=now.cursor) as after:
        number = allocate(client, business).numbers[0]
        assert [event.lock.number for event in after.events(1)] == [number.number]


def test_a_cursor_in_the_middle_of_a_commit_goes_on_there(server, client, business):
    """A conflated stream gives such cursors, as do responses of large commits."""
    make_pool(client, business)
    allocate(client, business, 1000)
    with Watch(client, business, from_oldest=True) as watch:
        first = watch.response()
        assert len(first.events) <= 256
        rest = watch.until(first.events[0].sequence + 999)
    assert len(first.events) + len(rest) == 1000
    with Watch(client, business, cursor=first.cursor) as on:
        assert on.until(rest[-1].sequence) == rest


def test_filters_choose_events(client, business):
    make_pool(client, business)
    mine, ends = Watch(client, business, holder="me"), Watch(
        client, business, states=[locking.LOCK_STATE_COMPLETED, locking.LOCK_STATE_RELEASED]
    )
    both = Watch(client, business, holder="me", states=[locking.LOCK_STATE_LIVE])
    with mine, ends, both:
        others = allocate(client, business, 5, "other").numbers
        own = allocate(client, business, 5, "me")
        client.Renew(business=business, lease_id=own.lease_id, holder="me")
        complete(client, business, others[:2], holder="other")
        release(client, business, own.numbers[:1], holder="me")
        complete(client, business, own.numbers[1:2], holder="me")
        assert [kind(event) for event in mine.events(8)] == ["ALLOCATED"] * 5 + ["RENEWED", "RELEASED", "COMPLETED"]
        assert {event.lock.holder for event in ends.events(4)} == {"me", "other"}
        assert [kind(event) for event in both.events(6)] == ["ALLOCATED"] * 5 + ["RENEWED"]
        # What the filter left out is behind the cursor too.
        allocate(client, business, 1, "other")
        allocate(client, business, 1, "me")
        assert mine.events(1)[0].lock.holder == "me"
    with Watch(client, business, cursor=mine.cursor) as on:
        number = allocate(client, business).numbers[0]
        assert on.events(1)[0].lock.number == number.number


def test_progress_says_how_far_a_quiet_stream_is(client, business):
    make_pool(client, business)
    with Watch(client, business, holder="nobody", progress_interval=SOON) as watch:
        quiet = watch.response()
        assert quiet.progress
        allocate(client, business, 3)
        # Progress also when there is much, but nothing for this one.
        assert eventually(lambda: watch.response().progress and watch.cursor != quiet.cursor)
    with Watch(client, business, cursor=watch.cursor, progress_interval=SOON) as on:
        assert on.response().progress


@pytest.mark.parametrize(
    "fields, reason, field",
    [
        ({"cursor": "nonsense"}, "CURSOR_INVALID", "cursor"),
        ({"cursor": "1" * 5000}, "CURSOR_INVALID", "cursor"),
        ({"cursor": "nonsense", "from_oldest": True}, "WATCH_START_AMBIGUOUS", "from_oldest"),
        ({"holder": "x" * 129}, "HOLDER_INVALID", "holder"),
        ({"states": [1] * 17}, "STATES_OUT_OF_RANGE", "states"),
        ({"states": [1, 0]}, "STATE_UNKNOWN", "states[1]"),
        ({"states": [99]}, "STATE_UNKNOWN", "states[0]"),
        ({"progress_interval": Duration(nanos=99_999_999)}, "PROGRESS_INTERVAL_OUT_OF_RANGE", "progress_interval"),
        ({"progress_interval": Duration(seconds=601)}, "PROGRESS_INTERVAL_OUT_OF_RANGE", "progress_interval"),
        ({"progress_interval": Duration(seconds=-1)}, "PROGRESS_INTERVAL_OUT_OF_RANGE", "progress_interval"),
        ({"max_updates_per_second": -1}, "UPDATE_RATE_OUT_OF_RANGE", "max_updates_per_second"),
        ({"max_updates_per_second": 101}, "UPDATE_RATE_OUT_OF_RANGE", "max_updates_per_second"),
    ],
)
def test_what_makes_no_sense_is_refused(client, business, fields, reason, field):
    make_pool(client, business)
    refusal = refused_stream(client, business=business, **fields)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])


def test_a_business_without_a_pool_has_no_events(client, business):
    refusal = refused_stream(client, business=business)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "POOL_NOT_FOUND")


def test_cursors_of_others_are_refused(client, business, tmp_path):
    make_pool(client, business)
    make_pool(client, business + "x")
    with Watch(client, business) as watch:
        pass
    refusal = refused_stream(client, business=business + "x", cursor=watch.cursor)
    assert (refusal.code, refusal.reason, refusal.metadata) == (PRECONDITION, "CURSOR_FOREIGN", {"field": "cursor"})
    with Server(tmp_path) as other, connect(other, "h2c") as channel:
        make_pool(Client(channel), business)
        refusal = refused_stream(Client(channel), business=business, cursor=watch.cursor)
    assert (refusal.code, refusal.reason, refusal.metadata) == (PRECONDITION, "CURSOR_FOREIGN", {"field": "cursor"})


def test_cursors_that_the_store_is_behind_or_past_are_refused(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        make_pool(Client(channel), "shop")
        with Watch(Client(channel), "shop") as begun:
            pass
        for _ in range(3):
            allocate(Client(channel), "shop")
        assert server.stop() == 0
    shutil.copy(server.store, tmp_path / "old.db")
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        with Watch(Client(channel), "shop") as watch:
            numbers = allocate(Client(channel), "shop", 5).numbers
            watch.events(len(numbers))
        assert server.stop() == 0
    # What a copy that somebody put back doesn't know.
    with Server(tmp_path / "again", store=tmp_path / "old.db") as server, connect(server, "h2c") as channel:
        refusal = refused_stream(Client(channel), business="shop", cursor=watch.cursor)
        assert (refusal.code, refusal.reason) == (OUT_OF_RANGE, "CURSOR_AHEAD")
        assert refusal.metadata["field"] == "cursor" and int(refusal.metadata["newest"]) > 0
        assert server.stop() == 0
    # What was deleted, as the pruning does after an hour at the earliest.
    with sqlite3.connect(server.store) as database:
        newest = database.execute("SELECT max(last) FROM feed_chunk").fetchone()[0]
        database.execute("DELETE FROM feed_chunk WHERE last < ?", [newest])
    database.close()
    with Server(tmp_path / "again", store=tmp_path / "old.db") as server, connect(server, "h2c") as channel:
        refusal = refused_stream(Client(channel), business="shop", cursor=begun.cursor)
        assert (refusal.code, refusal.reason) == (OUT_OF_RANGE, "CURSOR_TOO_OLD")
        assert refusal.metadata == {"field": "cursor", "oldest": str(newest)}
        with Watch(Client(channel), "shop", from_oldest=True) as watch:
            assert watch.events(1)[0].sequence == newest


def test_a_watch_goes_on_after_disconnects_and_restarts(tmp_path):
    """With the client package's own helper; the stream is cut by the client, by a stop and by kill -9."""
    server = Server(tmp_path)
    ports = (int(server.h2c.rpartition(":")[2]), 0)
    seen, given = [], 0
    with grpc.insecure_channel(server.h2c) as channel:
        client = Client(channel)
        make_pool(client, "shop")

        def begin(cursor):
            return client.WatchLocks(business="shop", cursor=cursor or "", from_oldest=not cursor, timeout=60)

        feed = Feed(begin)
        responses = iter(feed)
        for round in range(6):
            given += len(allocate(client, "shop", 7).numbers)
            while len(seen) < given:
                response = next(responses)
                seen += response.events
            match round % 3:
                case 0:
                    # The reader goes away, and comes back with what it kept.
                    feed.close()
                    feed = Feed(begin, cursor=response.cursor)
                    responses = iter(feed)
                case 1:
                    server.kill()
                    server = Server(tmp_path, ports=ports)
                case 2:
                    assert server.stop() == 0
                    server = Server(tmp_path, ports=ports)
            grpc.channel_ready_future(channel).result(20)
        with Watch(client, "shop", from_oldest=True) as watch:
            assert watch.events(given) == seen
        assert len({event.sequence for event in seen}) == given == 42
        feed.close()
    server.kill()


def test_a_reader_that_does_not_read_holds_up_nobody(server, client, business):
    make_pool(client, business)
    still = [Watch(client, business) for _ in range(3)]
    with connect(server, "h2c") as channel, Watch(Client(channel), business) as quick:
        rounds = 40
        events = []
        for _ in range(rounds):
            allocate(client, business, 200)
            events += quick.events(200)
        assert len(events) == rounds * 200
        for watch in still:
            assert watch.until(events[-1].sequence) == events
            watch.close()


def test_a_connection_has_only_so_many_watches(server, business):
    with connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, business)
        watches = [Watch(client, business) for _ in range(100)]
        refusal = refused_stream(client, business=business)
        assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "WATCHES_EXHAUSTED", {"limit": "100"})
        # Others aren't concerned; and one that ends makes room.
        with grpc.insecure_channel(server.h2c, [("grpc.use_local_subchannel_pool", 1)]) as other:
            Watch(Client(other), business).close()
        watches.pop().close()

        def begun():
            try:
                watches.append(Watch(client, business))
                return True
            except grpc.RpcError:
                return False

        assert eventually(begun)
        for watch in watches:
            watch.close()


def test_a_server_has_only_so_many_watches_and_forgets_those_that_end(tmp_path):
    """By cancellation, by the deadline, with their connection: a place is free again each time."""
    with Server(tmp_path, "--max-watches", "2") as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")

        def begun(timeout=60):
            try:
                return Watch(client, "shop", timeout=timeout)
            except grpc.RpcError as error:
                assert error.code() in (EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
                return None

        kept = begun()
        with begun():
            refusal = refused_stream(client, business="shop")
            assert (refusal.code, refusal.reason, refusal.metadata) == (EXHAUSTED, "WATCHES_EXHAUSTED", {"limit": "2"})
            assert [detail for detail in refusal.details if detail.DESCRIPTOR.name == "RetryInfo"]
        short = eventually(lambda: begun(timeout=1))
        assert short
        assert refused(lambda: [short.response() for _ in itertools.count()]).code == grpc.StatusCode.DEADLINE_EXCEEDED
        other = grpc.insecure_channel(server.h2c, [("grpc.use_local_subchannel_pool", 1)])

        def begun_elsewhere():
            try:
                return Watch(Client(other), "shop")
            except grpc.RpcError:
                return None

        assert eventually(begun_elsewhere)
        other.close()
        last = eventually(begun)
        assert last
        allocate(client, "shop")
        assert kept.events(1) == last.events(1)


def test_conflation_shows_the_latest_of_each_number(client, business):
    make_pool(client, business, reuse_policy=AT_ONCE)
    still = allocate(client, business, 5).numbers
    with Watch(client, business, max_updates_per_second=2) as watch, Watch(client, business) as whole:
        for _ in range(50):
            number = allocate(client, business).numbers
            release(client, business, number)
        complete(client, business, still[:1])
        last = whole.events(101)[-1]
        events = watch.until(last.sequence)
        assert len(events) < 101
        latest = {event.lock.number: event for event in events}
        assert kind(latest[number[0].number]) == "RELEASED"
        assert kind(latest[still[0].number]) == "COMPLETED"
        for response in watch.responses:
            shown = [event.lock.number for event in response.events]
            assert len(shown) == len(set(shown))
            sequences = [event.sequence for event in response.events]
            assert sequences == sorted(sequences)
    # A conflated cursor is one like any other.
    with Watch(client, business, cursor=watch.cursor) as on:
        number = allocate(client, business).numbers[0]
        assert on.events(1)[0].lock.number == number.number


def test_a_conflated_filter_for_states_shows_what_is_so_still(client, business):
    make_pool(client, business)
    with Watch(
        client, business, states=[locking.LOCK_STATE_LIVE], max_updates_per_second=1, progress_interval=SOON
    ) as watch:
        allocate(client, business)
        watch.events(1)
        # Within the pause after that, two live and one of them completed again.
        first, second = allocate(client, business, 2).numbers
        complete(client, business, [first])
        assert [event.lock.number for event in watch.events(1)] == [second.number]


def test_a_large_conflated_update_comes_in_parts(client, business):
    """Each part's cursor goes on with the rest of it."""
    make_pool(client, business)
    allocate(client, business, 1000)
    with Watch(client, business, from_oldest=True, max_updates_per_second=1) as watch:
        parts = [watch.response() for _ in range(4)]
        assert [len(part.events) for part in parts] == [256, 256, 256, 232]
    for done, part in enumerate(parts, 1):
        rest = [event for later in parts[done:] for event in later.events]
        with Watch(client, business, cursor=part.cursor, progress_interval=SOON) as on:
            if rest:
                assert on.until(rest[-1].sequence) == rest
            else:
                assert on.response().progress
