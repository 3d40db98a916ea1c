"""WatchWarnings: what a stream does with many events, with those that can't be read, and when it is conflated."""

import sqlite3

import grpc
import pytest

from api import Client, refusal, refused, warnings as w
from attendance import GOODS, PAGES, Stream, put_rule, report, seconds
from conftest import connect
from pools import make_pool, request_id
from server import Server, eventually
from watching import Watch


@pytest.fixture
def stored(tmp_path):
    """A business whose warnings are watched over a change that somebody made to the stored events."""

    class Stored:
        def run(self, body):
            with Server(tmp_path) as server, connect(server, "h2c") as channel:
                result = body(Client(channel))
                assert server.stop() == 0
            return result

        def change(self, statement, *values):
            with sqlite3.connect(tmp_path / "store.db") as database:
                result = database.execute(statement, values).fetchall()
            database.close()
            return result

    return Stored()


def watch(client, **fields):
    stream = Stream(client.stub("WatchWarnings")(w.WatchWarningsRequest(**fields)))
    first = stream.next()
    assert first.progress and not first.events and first.cursor
    return stream, first.cursor


WARNING_CHUNKS = "feed = (SELECT feed FROM feed WHERE kind = 'warnings')"


def test_an_event_that_cannot_be_read_ends_the_watch_before_it(stored):
    """It isn't passed over: whoever goes on from the last cursor is told again."""

    def first(client):
        put_rule(client, "shop")
        stream, cursor = watch(client)
        for value in 100, 50, 100:
            report(client, "shop", value)
        events = [stream.next().events for _ in range(3)]
        assert [len(one) for one in events] == [1, 1, 1]
        stream.cancel()
        return cursor, [one[0] for one in events]

    def rest(client):
        for _ in range(2):
            stream, _ = watch(client, cursor=cursor)
            assert list(stream.next().events) == events[:1]
            error = refusal(stream.end())
            assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "STORE_FAILED")
        # What comes after it can still be followed.
        stream, _ = watch(client)
        report(client, "shop", 50)
        assert stream.next().events[0].change == w.WARNING_CHANGE_CLEARED
        stream.cancel()

    cursor, events = stored.run(first)
    stored.change(f"UPDATE feed_chunk SET payload = x'ff' WHERE {WARNING_CHUNKS} AND first = 2")
    stored.run(rest)


def test_thousands_of_events_of_one_report_are_all_there(stored):
    """Stored in chunks, each as large as a response: one of them all couldn't be read any more."""

    def run(client):
        for place in range(20):
            put_rule(client, "shop", name=f"r{place}")
        stream, cursor = watch(client)
        values = [100, 50] * 50
        signals = [w.Signal(kind=PAGES, value=value) for value in values]
        answer = client.ReportSignals(business="shop", signals=signals, request_id=request_id())
        assert len(answer.raised) == len(answer.cleared) == 1000
        again, _ = watch(client, cursor=cursor)
        for one in stream, again:
            events, sizes = [], []
            while len(events) < 2000:
                response = one.next()
                sizes.append(len(response.events))
                events += response.events
            assert max(sizes) == 256
            told = [(event.change, event.warning.id) for event in events]
            assert len(set(told)) == 2000
            assert {number for _, number in told} == {*answer.raised}
            one.cancel()

    stored.run(run)
    assert stored.change(f"SELECT max(last - first + 1) FROM feed_chunk WHERE {WARNING_CHUNKS}") == [(256,)]


def told(stream, last, kept):
    """Responses until the last of them tells an event; each tells the latest of a warning once, in order."""
    responses = []
    while last not in [event for response in responses for event in response.events]:
        response = stream.next()
        assert bool(response.events) != response.progress
        ids = [event.warning.id for event in response.events]
        assert len(ids) == len(set(ids))
        kept.update({event.warning.id: event for event in response.events})
        responses.append(response)
    return responses


def test_conflation_shows_the_latest_of_each_warning(client, business):
    put_rule(client, business)
    put_rule(client, business, name="stays", kind=GOODS)
    whole, _ = watch(client, business=business)
    latest, _ = watch(client, business=business, max_updates_per_second=2)
    filtered, _ = watch(client, business=business, kinds=[PAGES], max_updates_per_second=1)
    [open_one] = report(client, business, 100, GOODS).raised
    for _ in range(60):
        report(client, business, 100)
        report(client, business, 50)
    client.AcknowledgeWarning(id=open_one, acknowledged_by="Li")
    every = []
    while len(every) < 122:
        every += whole.next().events
    truth = {event.warning.id: event for event in every}
    assert len(truth) == 61
    kept, kept_filtered = {}, {}
    responses = told(latest, every[-1], kept)
    assert kept == truth and truth[open_one].change == w.WARNING_CHANGE_ACKNOWLEDGED
    # Not everything: hardly one of the sixty was told twice.
    assert sum(len(response.events) for response in responses) < 122
    told(filtered, truth[max(truth)], kept_filtered)
    assert kept_filtered == {number: event for number, event in truth.items() if number != open_one}
    # A conflated cursor is one like any other.
    stream, _ = watch(client, business=business, cursor=responses[-1].cursor)
    report(client, business, 50, GOODS)
    [event] = stream.next().events
    assert (event.warning.id, event.change) == (open_one, w.WARNING_CHANGE_CLEARED)
    for one in whole, latest, filtered, stream:
        one.cancel()


def test_a_large_conflated_update_comes_in_parts(client, business):
    """Each part's cursor goes on with the rest of it."""
    for place in range(100):
        put_rule(client, business, name=f"r{place}")
    _, cursor = watch(client, business=business)
    values = [100, 50] * 3
    signals = [w.Signal(kind=PAGES, value=value) for value in values]
    client.ReportSignals(business=business, signals=signals, request_id=request_id())
    stream, _ = watch(client, business=business, cursor=cursor, max_updates_per_second=1)
    parts = [stream.next() for _ in range(2)]
    assert [len(part.events) for part in parts] == [256, 44]
    events = [event for part in parts for event in part.events]
    assert {event.change for event in events} == {w.WARNING_CHANGE_CLEARED}
    on, _ = watch(client, business=business, cursor=parts[0].cursor)
    rest = []
    while len(rest) < 44:
        rest += on.next().events
    assert rest == list(parts[1].events)
    after, _ = watch(client, business=business, cursor=parts[1].cursor, progress_interval=seconds(0.1))
    assert after.next().progress
    for one in stream, on, after:
        one.cancel()


def test_a_connection_has_only_so_many_watches_of_all_kinds(server, business):
    with connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, business)
        locks = [Watch(client, business) for _ in range(50)]
        streams = [client.WatchWarnings() for _ in range(50)]
        for stream in streams:
            assert next(stream).progress
        for call in lambda: client.WatchWarnings(), lambda: client.WatchLocks(business=business):
            error = refused(lambda: next(call()))
            assert (error.code, error.reason, error.metadata) == (
                grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCHES_EXHAUSTED", {"limit": "100"})
        with grpc.insecure_channel(server.h2c, [("grpc.use_local_subchannel_pool", 1)]) as other:
            assert next(Client(other).WatchWarnings()).progress
        locks.pop().close()

        def begun():
            streams.append(client.WatchWarnings())
            try:
                return next(streams[-1]).progress
            except grpc.RpcError:
                return False

        assert eventually(begun)
        for stream in streams:
            stream.cancel()
        for lock in locks:
            lock.close()
