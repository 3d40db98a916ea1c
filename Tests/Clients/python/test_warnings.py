"""Signals, rules, and the warnings that they raise and clear: WR1, WR2, WR4, WR6, WR7."""

import contextlib
import random
import sqlite3
import time

import grpc
import pytest

from api import Client, allocation, refused, warnings as w
from attendance import (
    GOODS, PAGES, Stream, above, action, below, put_rule, report, seconds, warning_list,
)
from conftest import connect
from pools import allocate, complete, make_pool, release, request_id
from server import Server, eventually

OPEN = w.WARNING_STATE_RAISED
ACKNOWLEDGED = w.WARNING_STATE_ACKNOWLEDGED
CLEARED = w.WARNING_STATE_CLEARED
REPORTED = [kind for kind in w.SignalKind.values() if 0 < kind < w.SIGNAL_KIND_ALLOCATE_RATE]


def states(client, business):
    """From the oldest to the newest."""
    return [warning.state for warning in reversed(warning_list(client, business))]


@pytest.mark.parametrize("kind", REPORTED, ids=w.SignalKind.Name)
def test_every_reported_kind_raises_and_clears(client, business, kind):
    put_rule(client, business, kind=kind, severity=w.SEVERITY_CRITICAL, text="look")
    assert not report(client, business, 99, kind).raised
    raised = report(client, business, 100, kind)
    assert raised.repeatable and len(raised.raised) == 1
    [warning] = warning_list(client, business)
    assert (warning.id, warning.state, warning.kind, warning.severity) == (
        raised.raised[0], OPEN, kind, w.SEVERITY_CRITICAL)
    assert (warning.rule, warning.rule_version, warning.value, warning.text) == ("r", 1, 100, "look")
    assert abs(warning.raise_time.ToMicroseconds() / 1e6 - time.time()) < 5
    # Neither bad nor clear, then clear.
    assert not report(client, business, 51, kind).cleared
    assert list(report(client, business, 50, kind).cleared) == [warning.id]
    [warning] = warning_list(client, business)
    assert warning.state == CLEARED and warning.clear_cause == w.CLEAR_CAUSE_CONDITION
    assert not warning_list(client, business, history=False)


def test_a_repeated_report_is_answered_as_before(client, business):
    put_rule(client, business)
    same = request_id()
    first = report(client, business, 100, request_id=same)
    assert report(client, business, 100, request_id=same) == first
    assert len(warning_list(client, business)) == 1


def test_a_stream_of_reports(client, business):
    put_rule(client, business)
    messages = [
        w.ReportSignalStreamRequest(
            business=business, signals=[w.Signal(kind=PAGES, value=value)], request_id=request_id())
        for value in (1, 2, 100, 3)
    ]
    answer = client.stub("ReportSignalStream")(iter(messages), timeout=20)
    assert (answer.messages, answer.signals) == (4, 4)
    assert states(client, business) == [CLEARED]
    # The whole stream again changes nothing.
    client.stub("ReportSignalStream")(iter(messages), timeout=20)
    assert states(client, business) == [CLEARED]


def test_sources_and_order(client, business):
    put_rule(client, business, name="north", kind=GOODS, condition=below(10, 20), source="north")
    put_rule(client, business, name="any", kind=GOODS, condition=below(5, 20))
    report(client, business, 8, GOODS, "south")
    assert not warning_list(client, business)
    report(client, business, 8, GOODS, "north")
    assert [warning.rule for warning in warning_list(client, business)] == ["north"]
    # Older than what is known: recorded, and nothing else.
    assert not report(client, business, 100, GOODS, "north", time=time.time() - 60).cleared
    assert [warning.source for warning in warning_list(client, business)] == ["north"]


def test_a_noisy_signal_does_not_flap(client, business):
    """WR6: about the raise level, the clear level and the hold; then it really changes."""
    put_rule(client, business, name="levels")
    noise = random.Random(7)
    for _ in range(200):
        report(client, business, 100 + noise.uniform(-40, 40))
    assert states(client, business) == [OPEN]
    report(client, business, 49)
    assert states(client, business) == [CLEARED]

    held = business + "-held"
    put_rule(client, held, hold=1.5)
    for place in range(100):  # Never bad for as long as the hold.
        report(client, held, 40 if place % 5 == 0 else 120)
    assert not warning_list(client, held)
    report(client, held, 120)
    assert eventually(lambda: states(client, held) == [OPEN])
    for place in range(100):  # Never clear for as long as the hold.
        report(client, held, 120 if place % 5 == 0 else 40)
    assert states(client, held) == [OPEN]
    report(client, held, 40)
    assert eventually(lambda: states(client, held) == [CLEARED])


def test_a_change_within_a_window(client, business):
    condition = w.Condition(change=w.Change(
        direction=w.DIRECTION_BELOW, window=seconds(60), raise_level=0.5, clear_level=0.1, relative=True))
    put_rule(client, business, kind=GOODS, condition=condition)
    now = time.time()
    for ago, value in (110, 1000), (100, 900), (90, 800):
        assert not report(client, business, value, GOODS, time=now - ago).raised
    assert report(client, business, 500, GOODS, time=now - 80).raised
    # Within its minute it stands, and after it the fall is over.
    assert not report(client, business, 480, GOODS, time=now - 70).cleared
    assert report(client, business, 475, GOODS, time=now - 15).cleared


def test_a_change_of_what_is_computed(client, business):
    make_pool(
        client, business, low_watermark=0, high_watermark=100, generation_batch=100,
        reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    stock = w.SIGNAL_KIND_REMAINING_IN_POOL
    fall = w.Condition(change=w.Change(
        direction=w.DIRECTION_BELOW, window=seconds(600), raise_level=50, clear_level=10))
    first = allocate(client, business).numbers
    client.StopGeneration(business=business, reason="what if")
    put_rule(client, business, name="fall", kind=stock, condition=fall)
    # Once this one stands, both have seen what there was before the fall.
    put_rule(client, business, name="seen", kind=stock, condition=above(1, 0))
    assert eventually(lambda: "seen" in [warning.rule for warning in warning_list(client, business)])
    assert "fall" not in [warning.rule for warning in warning_list(client, business)]
    taken = allocate(client, business, 80).numbers
    assert eventually(lambda: "fall" in [warning.rule for warning in warning_list(client, business)])
    [warning] = [warning for warning in warning_list(client, business) if warning.rule == "fall"]
    assert warning.state == OPEN and warning.kind == stock
    release(client, business, [*taken, *first])
    assert eventually(lambda: [
        warning.state for warning in warning_list(client, business) if warning.rule == "fall"] == [CLEARED])


def test_silence(client, business):
    put_rule(client, business, condition=w.Condition(absence=w.Absence(after=seconds(1.5))))
    report(client, business, 1)
    assert not warning_list(client, business)
    assert eventually(lambda: states(client, business) == [OPEN])
    [warning] = warning_list(client, business)
    assert not warning.HasField("value") and "nothing is heard" in warning.text
    assert report(client, business, 1).cleared
    assert eventually(lambda: states(client, business) == [CLEARED, OPEN])


def test_what_is_computed(client, business):
    """Remaining numbers and rates of the pool, without a report."""
    make_pool(client, business)
    small = w.SIGNAL_KIND_REMAINING_IN_PERIOD
    put_rule(client, business, name="serials", kind=small, condition=below(999_990, 999_999))
    put_rule(client, business, name="allocate", kind=w.SIGNAL_KIND_ALLOCATE_RATE, condition=above(1, 0.5))
    put_rule(client, business, name="complete", kind=w.SIGNAL_KIND_COMPLETE_RATE, condition=above(1, 0.5))
    put_rule(client, business, name="release", kind=w.SIGNAL_KIND_RELEASE_RATE, condition=above(1, 0.5))
    put_rule(client, business, name="expire", kind=w.SIGNAL_KIND_EXPIRE_RATE, condition=above(1, 0.5))
    put_rule(
        client, business, name="stock", kind=w.SIGNAL_KIND_REMAINING_IN_POOL, condition=above(5, 1))

    def rules():
        return {warning.rule for warning in warning_list(client, business)}

    def busy():
        numbers = allocate(client, business, 3, lease_ttl=seconds(1)).numbers
        complete(client, business, numbers[:1])
        release(client, business, numbers[1:2])
        return rules() == {"serials", "allocate", "complete", "release", "expire", "stock"}

    assert eventually(busy, 20)


def test_a_rule_has_versions_and_its_warning_keeps_one(client, business):
    assert put_rule(client, business).version == 1
    report(client, business, 100)
    rule = w.Rule(business=business, name="r", kind=PAGES, condition=above(20, 10))
    assert client.PutRule(rule=rule, expected_version=1).rule.version == 2
    [warning] = warning_list(client, business)
    assert (warning.state, warning.rule_version) == (OPEN, 1)
    # 50 was clear in version 1.
    assert not report(client, business, 50).cleared
    assert report(client, business, 10).cleared
    report(client, business, 20)
    assert [warning.rule_version for warning in warning_list(client, business)] == [2, 1]
    assert refused(client.PutRule, rule=rule, expected_version=1).reason == "VERSION_MISMATCH"

    assert client.GetRule(business=business, name="r").rule.version == 2
    assert not client.DeleteRule(business=business, name="r").repeatable
    assert [warning.clear_cause for warning in warning_list(client, business)] == [
        w.CLEAR_CAUSE_RULE, w.CLEAR_CAUSE_CONDITION]
    assert put_rule(client, business).version == 3
    # What is known already counts: 20 is less than 100.
    assert len(warning_list(client, business)) == 2
    put_rule(client, business, condition=above(15, 10))
    assert len(warning_list(client, business, history=False)) == 1
    put_rule(client, business, condition=above(15, 10), disabled=True)
    assert not warning_list(client, business, history=False)


def test_rules_in_pages(client, business):
    for name in "c", "a", "b":
        put_rule(client, business, name=name)
    first = client.ListRules(business=business, page_size=2)
    assert [rule.name for rule in first.rules] == ["a", "b"]
    second = client.ListRules(business=business, page_size=2, page_token=first.next_page_token)
    assert [rule.name for rule in second.rules] == ["c"] and not second.next_page_token


def test_a_dry_run(client, business):
    now = time.time()
    for ago, value in (100, 1), (90, 120), (80, 120), (70, 60), (60, 40), (50, 130), (40, 40), (30, 150):
        report(client, business, value, time=now - ago)

    def run(**fields):
        return client.DryRunRule(rule=w.Rule(business=business, name="new", kind=PAGES, **fields))

    def times(answer):
        return [
            (round(now - warning.raise_time.ToMicroseconds() / 1e6),
             round(now - warning.clear_time.ToMicroseconds() / 1e6) if warning.HasField("clear_time") else None,
             warning.value)
            for warning in answer.warnings
        ]

    plain = run(condition=above(100, 50))
    assert (plain.values, plain.truncated) == (8, False)
    assert times(plain) == [(90, 60, 120), (50, 40, 130), (30, None, 150)]
    assert times(run(condition=above(100, 50), hold=seconds(15))) == [(75, None, 120)]
    silence = run(condition=w.Condition(absence=w.Absence(after=seconds(25))))
    assert times(silence)[-1][0] == 5
    assert not warning_list(client, business), "a dry run changes nothing"
    assert refused(client.GetRule, business=business, name="new").reason == "RULE_NOT_FOUND"
    nothing = client.DryRunRule(rule=w.Rule(business=business, name="x", kind=GOODS, condition=above(2, 1)))
    assert (nothing.values, len(nothing.warnings)) == (0, 0)


def test_a_warning_stops_the_business_and_is_named(client, business):
    """WR7, and that what the warning stopped goes on with its end."""
    make_pool(client, business)
    put_rule(client, business, actions=[action("STOP_BUSINESS")], text="too many visitors")
    [number] = report(client, business, 100).raised
    [warning] = warning_list(client, business)
    assert warning.stopped_business and not warning.stopped_generation
    refusal = refused(allocate, client, business)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "BUSINESS_STOPPED")
    assert refusal.metadata["warning"] == str(number) and refusal.metadata["reason"] == "too many visitors"
    report(client, business, 50)
    allocate(client, business)


def test_a_warning_stops_and_another_resumes_the_generator(client, business):
    make_pool(client, business, low_watermark=5, high_watermark=10, generation_batch=10)
    assert eventually(lambda: client.GetPool(business=business).pool.stock.remaining_in_pool == 10)
    put_rule(client, business, name="stop", actions=[action("STOP_GENERATION")])
    put_rule(client, business, name="go", kind=GOODS, actions=[action("RESUME_GENERATION")])
    [number] = report(client, business, 100).raised
    refusal = refused(allocate, client, business, 11)
    assert refusal.reason == "GENERATION_STOPPED" and refusal.metadata["warning"] == str(number)
    report(client, business, 100, GOODS)
    allocate(client, business, 11)
    assert [stop.warning for stop in client.GetPool(business=business).pool.generation_stops] == []
    # An operator's stop isn't a warning's to take back.
    client.StopGeneration(business=business, reason="stock-taking")
    report(client, business, 50, GOODS)
    report(client, business, 100, GOODS)
    assert len(client.GetPool(business=business).pool.generation_stops) == 1


def test_acknowledging(client, business):
    put_rule(client, business)
    [number] = report(client, business, 100).raised
    same = request_id()
    answer = client.AcknowledgeWarning(id=number, acknowledged_by="Li", note="on it", request_id=same)
    assert answer.repeatable and answer.warning.state == ACKNOWLEDGED
    assert (answer.warning.acknowledged_by, answer.warning.note) == ("Li", "on it")
    assert client.AcknowledgeWarning(id=number, acknowledged_by="Li", note="on it", request_id=same) == answer
    second = client.AcknowledgeWarning(id=number, acknowledged_by="Wang").warning
    assert second.acknowledged_by == "Li"
    assert warning_list(client, business, history=False) == [answer.warning]
    report(client, business, 50)
    refusal = refused(client.AcknowledgeWarning, id=number, acknowledged_by="Li")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "WARNING_CLEARED")
    [warning] = warning_list(client, business)
    assert warning.acknowledged_by == "Li" and warning.state == CLEARED


def watch(client, **fields):
    stream = Stream(client.stub("WatchWarnings")(w.WatchWarningsRequest(**fields)))
    first = stream.next()
    assert not first.events
    return stream, first.cursor


def test_watching_with_filters(client, business):
    put_rule(client, business, name="pages", severity=w.SEVERITY_INFO)
    put_rule(client, business, name="goods", kind=GOODS, severity=w.SEVERITY_CRITICAL)
    everything, _ = watch(client, business=business)
    goods, _ = watch(client, business=business, kinds=[GOODS])
    bad, _ = watch(client, business=business, least_severity=w.SEVERITY_WARNING)
    idle, cursor = watch(client, business=business + "-other", progress_interval=seconds(1))
    report(client, business, 100)
    [number] = report(client, business, 100, GOODS).raised
    client.AcknowledgeWarning(id=number, acknowledged_by="Li")
    report(client, business, 50, GOODS)

    def changes(stream, count):
        events = []
        while len(events) < count:
            events += stream.next().events
        return [(w.WarningChange.Name(event.change)[15:], event.warning.rule) for event in events]

    expected = [("RAISED", "goods"), ("ACKNOWLEDGED", "goods"), ("CLEARED", "goods")]
    assert changes(everything, 4) == [("RAISED", "pages"), *expected]
    assert changes(goods, 3) == expected
    assert changes(bad, 3) == expected
    # Nothing of its own, and yet its cursor goes on.
    progress = idle.next()
    while progress.cursor == cursor:
        progress = idle.next()
    assert not progress.events
    for stream in everything, goods, bad, idle:
        stream.cancel()


def test_a_list_hands_over_to_a_watch(client, business):
    put_rule(client, business)
    for _ in range(3):
        report(client, business, 100)
        report(client, business, 50)
    report(client, business, 100)
    first = client.ListWarnings(business=business, history=True, page_size=2)
    report(client, business, 50)
    ids, page = [warning.id for warning in first.warnings], first
    while page.next_page_token:
        page = client.ListWarnings(
            business=business, history=True, page_size=2, page_token=page.next_page_token)
        assert page.cursor == first.cursor
        ids += [warning.id for warning in page.warnings]
    assert ids == sorted(ids, reverse=True) and len(ids) == 4
    stream, _ = watch(client, business=business, cursor=first.cursor)
    [event] = stream.next().events
    assert (event.change, event.warning.id) == (w.WARNING_CHANGE_CLEARED, ids[0])
    stream.cancel()


def test_nothing_is_missed_or_raised_twice_over_kill_9(tmp_path):
    """A hold runs on, an open warning and its stop stay, and a watch goes on where it was."""
    business = "shop"
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, business)
        put_rule(client, business, actions=[action("STOP_BUSINESS")])
        put_rule(client, business, name="held", kind=GOODS, hold=2)
        put_rule(client, business, name="silent", kind=w.SIGNAL_KIND_EMERGENCY,
                 condition=w.Condition(absence=w.Absence(after=seconds(3))))
        stream, cursor = watch(client)
        same = request_id()
        first = report(client, business, 100, request_id=same)
        report(client, business, 100, GOODS)
        [event] = stream.next().events
        assert event.warning.id == first.raised[0]
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert report(client, business, 100, request_id=same) == first
        report(client, business, 101)
        assert refused(allocate, client, business).metadata["warning"] == str(first.raised[0])
        stream, _ = watch(client, cursor=cursor)
        rules = []
        while len(rules) < 3:
            rules += [event.warning.rule for event in stream.next().events]
        assert rules == ["r", "held", "silent"]
        assert [warning.rule for warning in warning_list(client, business)] == ["silent", "held", "r"]
        stream.cancel()
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert len(warning_list(client, business, history=False)) == 3
        assert report(client, business, 50).cleared == first.raised
        allocate(client, business)


def test_names_of_deleted_rules_are_forgotten_but_no_version_comes_twice(tmp_path):
    """A store of before they were, with 1,501 of them, of which 1,000 are remembered: those with the highest versions."""

    def delete(client, *names):
        for name in names:
            client.DeleteRule(business="shop", name=name, request_id=request_id())

    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        assert [put_rule(Client(channel), "shop", name="a").version for _ in range(2)] == [1, 2]
        delete(Client(channel), "a")
        assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(server.store)) as database, database:
        for version in range(1, 1501):
            database.execute(
                "INSERT INTO warning_rule SELECT business, ?, ?, deleted, phase, phase_boot_us, listening_boot_us, body"
                " FROM warning_rule WHERE name = 'a'", [f"x{version}", version])
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert [put_rule(client, "shop", name=name).version for name in ("a", "new", "x1500")] == [501, 501, 1501]
        delete(client, "a", "new", "x1500")
        server.kill()
    with contextlib.closing(sqlite3.connect(server.store)) as database:
        assert database.execute("SELECT count(*), min(version) FROM warning_rule").fetchone() == (999, 502)
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert [put_rule(client, "shop", name=name).version for name in ("a", "new", "x1500")] == [502, 502, 1502]
