"""WatchWarnings: what a stream does with events that can't be read, with many at once, and where it is refused."""

import sqlite3

import grpc
import pytest

from api import Client, refusal, warnings as w
from attendance import PAGES, Stream, put_rule, report
from conftest import connect
from pools import request_id
from server import Server


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
    assert not first.events and first.cursor
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
