"""The life of every number, the account of every serial, and what was counted when."""

import datetime
import random
import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from api import Client, allocation, history, locking, refused, wrong_fields
from clock import Clock
from conftest import connect
from history import Caller, check_nobody_shared_a_number, load
from lives import KINDS, STATES, account, events, kinds, points
from pools import HOLDER, allocate, complete, counter, make_pool, release, request_id, yuan
from server import Server, eventually
from test_import import done, live, take

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
# Numbers are made only as they are asked for, ten at a time.
BY_TENS = {"low_watermark": 0, "high_watermark": 0, "generation_batch": 10}
AT_ONCE = allocation.REUSE_POLICY_AT_ONCE
NEVER = allocation.REUSE_POLICY_NEVER
DAY = 86_400


def test_every_event_of_a_life_is_told(client, business):
    make_pool(client, business, reuse_policy=AT_ONCE, **BY_TENS)
    before = time.time()
    lease = client.CreateLease(business=business, holder=HOLDER).lease.lease_id
    first = allocate(client, business, lease_id=lease).numbers[0]
    renewed = [client.Renew(business=business, lease_id=lease, holder=HOLDER).lease.expire_time for _ in range(2)]
    release(client, business, [first], "wrong size")
    second = allocate(client, business, holder="another", lease_ttl=Duration(seconds=60))
    assert second.numbers[0].number == first.number
    complete(client, business, second.numbers, yuan(1999), holder="another")

    found, page = events(client, business, first.number)
    assert [KINDS[event.kind] for event in found] == [
        "generated", "allocated", "renewed", "renewed", "released", "reused", "completed",
    ]
    assert not page.older_events_left_out and STATES[page.state] == "completed"
    generated, allocated, again, once_more, released, reused, completed = found
    for event in found:
        assert before - 5 < event.event_time.ToMicroseconds() / 1e6 < time.time() + 5
    assert (generated.holder, generated.lease_id, generated.HasField("token")) == ("", 0, False)
    for event in allocated, released:
        assert (event.holder, event.lease_id, event.token) == (HOLDER, lease, first.token)
    assert allocated.expire_time == first.expire_time
    assert [again.expire_time, once_more.expire_time] == renewed
    assert (again.holder, again.lease_id, again.HasField("token")) == (HOLDER, lease, False)
    assert released.release_reason == "wrong size" and not released.retired
    for event in reused, completed:
        assert (event.holder, event.lease_id, event.token) == ("another", second.lease_id, second.numbers[0].token)
    assert completed.amount == yuan(1999) and not reused.HasField("amount")
    # The same in pages of any size.
    for size in 1, 3, 7, 1000:
        assert events(client, business, first.number, size)[0] == found


def test_a_life_that_has_only_begun(client, business):
    make_pool(client, business, **BY_TENS)
    allocate(client, business)
    for number, state, expected in ("SO000001", "live", ["generated", "allocated"]), ("SO000002", "in_stock", ["generated"]):
        found, page = events(client, business, number)
        assert [KINDS[event.kind] for event in found] == expected
        assert STATES[page.state] == state and not page.older_events_left_out


def test_renewals_of_a_lease_before_it_got_the_number_are_not_of_its_life(client, business):
    make_pool(client, business)
    lease = client.CreateLease(business=business, holder=HOLDER).lease.lease_id
    client.Renew(business=business, lease_id=lease, holder=HOLDER)
    number = allocate(client, business, lease_id=lease).numbers[0].number
    assert kinds(client, business, number) == ["generated", "allocated"]
    client.Renew(business=business, lease_id=lease, holder=HOLDER)
    assert kinds(client, business, number) == ["generated", "allocated", "renewed"]


def test_a_lease_that_runs_out_is_told(client, business):
    make_pool(client, business, reuse_policy=NEVER, **BY_TENS)
    number = allocate(client, business, lease_ttl=Duration(seconds=1)).numbers[0].number
    assert eventually(lambda: counter(client, business).expired)
    found, page = events(client, business, number)
    assert [KINDS[event.kind] for event in found] == ["generated", "allocated", "expired"]
    assert found[-1].retired and found[-1].holder == HOLDER
    assert STATES[page.state] == "retired_after_expiry"
    assert account(client, business)[0][0][1] == "retired_after_expiry"


def test_an_account_of_every_serial(client, business):
    make_pool(client, business, **BY_TENS)
    numbers = allocate(client, business, 25).numbers
    complete(client, business, numbers[:5] + numbers[7:8])
    release(client, business, numbers[10:12])
    expected = dict.fromkeys(range(1, 26), "live")
    expected |= {serial: "completed" for serial in [1, 2, 3, 4, 5, 8]} | {11: "waiting", 12: "waiting"}
    for size in 0, 1, 2, 1000:
        states, page = account(client, business, size)
        assert states == {0: expected}
    assert page.period == "" and page.series[0].template == "SO{serial:6}"
    assert [(run.first_serial, run.last_serial) for run in page.runs][:3] == [(1, 5), (6, 7), (8, 8)]
    # Another template: its serials are of another series of the same period.
    client.UpdatePool(
        pool=allocation.Pool(business=business, template="B{serial:4}", reuse_policy=NEVER),
        update_mask=FieldMask(paths=["template", "reuse_policy"]),
    )
    release(client, business, allocate(client, business, 2).numbers)
    states, page = account(client, business)
    assert states == {0: expected, 1: {1: "retired_after_release", 2: "retired_after_release"} | {
        serial: "in_stock" for serial in range(3, 11)
    }}
    assert account(client, business, template="B{serial:4}")[0] == {0: states[1]}
    assert account(client, business, template="SO{serial:6}")[0] == {0: expected}


def test_serials_before_the_start_and_serials_that_cannot_be_guessed(client, business):
    make_pool(client, business, start_serial=8, unguessable_serials=True, **BY_TENS)
    numbers = allocate(client, business, 2).numbers
    complete(client, business, numbers[:1])
    before, made = dict.fromkeys(range(1, 8), "before_start"), dict.fromkeys(range(10, 18), "in_stock")
    assert account(client, business)[0] == {0: before | {8: "completed", 9: "live"} | made}
    assert kinds(client, business, numbers[0].number) == ["generated", "allocated", "completed"]


def test_serials_that_an_import_passed_over(client, business):
    make_pool(client, business, **BY_TENS)
    allocate(client, business)
    take(client, business, live("SO000015"))
    made = {1: "live"} | dict.fromkeys(range(2, 11), "in_stock")
    passed = dict.fromkeys(range(11, 15), "skipped")
    for size in 0, 1:
        assert account(client, business, size)[0] == {0: made | passed | {15: "live"}}
    take(client, business, done("SO000012"))
    states, page = account(client, business)
    assert states == {0: made | passed | {12: "completed", 15: "live"}}
    runs = [(run.first_serial, run.last_serial) for run in page.runs if run.state == history.SERIAL_STATE_SKIPPED]
    assert runs == [(11, 11), (13, 14)] and page.series[0].skipped == 3
    assert kinds(client, business, "SO000015") == ["imported"]
    assert kinds(client, business, "SO000012") == ["imported", "completed"]
    # Nothing is known of a number that was only passed over.
    assert refused(client.ListNumberEvents, business=business, number="SO000013").reason == "NUMBER_NOT_FOUND"


def test_a_period_that_is_over(tmp_path):
    clock = Clock(tmp_path, "+0")
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(
            client, "shop", "{timestamp:yyyyMMdd}-{serial:4}", serial_period=allocation.SERIAL_PERIOD_DAILY, **BY_TENS
        )
        kept, back = allocate(client, "shop", 2, lease_ttl=Duration(seconds=DAY)).numbers
        release(client, "shop", [back])
        yesterday = client.GetPool(business="shop").pool.stock.period
        clock.set("+1d")
        assert allocate(client, "shop", request_id="").numbers[0].number.endswith("-0001")
        today = client.GetPool(business="shop").pool.stock.period
        assert today != yesterday
        # What was left of yesterday's stock, and what came back, is of no use any more.
        lapsed = {serial: "lapsed" for serial in range(3, 11)}
        assert account(client, "shop", period=yesterday)[0] == {0: {1: "live", 2: "waiting"} | lapsed}
        assert account(client, "shop")[0] == account(client, "shop", period=today)[0]
        assert account(client, "shop")[0][0][1] == "live"
        # A number that came back is passed over when the next are handed out after its quarantine.
        assert kinds(client, "shop", kept.number[:-1] + "3") == ["generated", "lapsed"]
    clock.tidy(server)


def test_what_was_counted_when(tmp_path):
    start = datetime.datetime(2026, 3, 1, 15, 58, 0, tzinfo=datetime.timezone.utc)

    def at(hours):
        return f"{int((start + datetime.timedelta(hours=hours)).timestamp() - time.time()):+d}"

    clock = Clock(tmp_path, at(0))
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", time_zone="Asia/Shanghai", **BY_TENS)
        want = []
        for hours, count in (0, 3), (1, 4), (8, 5), (30, 6):
            clock.set(at(hours))
            numbers = allocate(client, "shop", count, request_id="", lease_ttl=Duration(seconds=DAY)).numbers
            complete(client, "shop", numbers[:2], yuan(hours), request_id="")
            release(client, "shop", numbers[2:3], request_id="")
            want.append((start + datetime.timedelta(hours=hours, minutes=-58), count, 2 * hours))
        found = points(client, "shop")
        assert [
            (point.start_time.ToDatetime(datetime.timezone.utc), point.allocated, sum(a.amount_minor for a in point.completed_amounts))
            for point in found
        ] == want
        assert [(point.completed, point.released, point.expired, point.reused) for point in found] == [(2, 1, 0, 0)] * 4
        assert [point.running for point in found] == [False, False, False, True]
        assert [point.date for point in found] == [""] * 4
        # In Shanghai it was two minutes to midnight.
        days = points(client, "shop", unit=history.SERIES_UNIT_DAY)
        assert [(day.date, day.allocated) for day in days] == [("2026-03-01", 3), ("2026-03-02", 9), ("2026-03-03", 6)]
        assert days[0].start_time.ToDatetime(datetime.timezone.utc) == datetime.datetime(2026, 2, 28, 16, tzinfo=datetime.timezone.utc)
        for size in 1, 2, 3:
            assert points(client, "shop", size) == found
            assert points(client, "shop", size, unit=history.SERIES_UNIT_DAY) == days
        # A range is from the hour of its start to before its end, in pages too.
        from_second, before_last = found[1].start_time, found[3].start_time
        for size in 0, 1:
            assert points(client, "shop", size, start_time=from_second, end_time=before_last) == found[1:3]
            assert points(client, "shop", size, end_time=before_last, unit=history.SERIES_UNIT_DAY) == days
        assert points(client, "shop", start_time=Timestamp(seconds=before_last.seconds + 3600)) == []
        page = client.ListCounterSeries(business="shop")
        assert page.oldest_time == found[0].start_time
        now = counter(client, "shop")
        server.kill()
        clock.tidy(server)
        with Server(tmp_path, prefix=clock.prefix) as again, connect(again, "h2c") as channel:
            client = Client(channel)
            assert points(client, "shop") == found
            allocate(client, "shop", 1, request_id="")
            assert sum(point.allocated for point in points(client, "shop")) == now.allocated + 1
            assert sum(day.generated for day in points(client, "shop", unit=history.SERIES_UNIT_DAY)) == now.generated
        clock.tidy(again)


REFUSALS = [
    ("events of no pool", lambda c, b: c.ListNumberEvents(business="none", number="SO000001"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("events of no business", lambda c, b: c.ListNumberEvents(business="a b"), INVALID, "BUSINESS_INVALID", "business"),
    ("events of what is no number", lambda c, b: c.ListNumberEvents(business=b, number="XX000001"), INVALID, "NUMBER_INVALID", "number"),
    ("events of a number never made", lambda c, b: c.ListNumberEvents(business=b, number="SO900000"), NOT_FOUND, "NUMBER_NOT_FOUND", None),
    ("too many events", lambda c, b: c.ListNumberEvents(business=b, number="SO000001", page_size=1001), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    ("a made-up page of events", lambda c, b: c.ListNumberEvents(business=b, number="SO000001", page_token="x"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    ("a page of events below 0", lambda c, b: c.ListNumberEvents(business=b, number="SO000001", page_token="-1"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    ("a report of no pool", lambda c, b: c.GetGapReport(business="none"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("a report of no business", lambda c, b: c.GetGapReport(), INVALID, "BUSINESS_INVALID", "business"),
    ("a report of no period", lambda c, b: c.GetGapReport(business=b, period="2026-11-21"), INVALID, "PERIOD_INVALID", "period"),
    ("a report of no template", lambda c, b: c.GetGapReport(business=b, template="X{serial:2}"), NOT_FOUND, "TEMPLATE_NOT_FOUND", None),
    ("too many runs", lambda c, b: c.GetGapReport(business=b, page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    *(
        (f"a page of runs {token}", lambda c, b, token=token: c.GetGapReport(business=b, page_token=token), INVALID, "PAGE_TOKEN_INVALID", "page_token")
        for token in ["x", "0", "0.0", "-1.1", "100.1", "0.1.1", "0.9223372036854775807", "0.9223372036854775808"]
    ),
    ("a series of no pool", lambda c, b: c.ListCounterSeries(business="none"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("an unknown unit", lambda c, b: c.ListCounterSeries(business=b, unit=77), INVALID, "UNIT_UNKNOWN", "unit"),
    ("too many points", lambda c, b: c.ListCounterSeries(business=b, page_size=1001), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    ("a made-up page of points", lambda c, b: c.ListCounterSeries(business=b, page_token="x"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    ("a page of points far away", lambda c, b: c.ListCounterSeries(business=b, page_token=str(1 << 60)), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    ("an end before the start", lambda c, b: c.ListCounterSeries(business=b, start_time=Timestamp(seconds=9), end_time=Timestamp(seconds=9)), INVALID, "TIME_INVALID", "end_time"),
    ("a start that is no time", lambda c, b: c.ListCounterSeries(business=b, start_time=Timestamp(nanos=-1)), INVALID, "TIME_INVALID", "start_time"),
    ("an end after all time", lambda c, b: c.ListCounterSeries(business=b, end_time=Timestamp(seconds=1 << 60)), INVALID, "TIME_INVALID", "end_time"),
]


@pytest.mark.parametrize("call, code, reason, field", [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_refusals(client, business, call, code, reason, field):
    make_pool(client, business)
    refusal = refused(call, client, business)
    assert (refusal.code, refusal.reason) == (code, reason)
    if field:
        assert wrong_fields(refusal) == [field]


def test_a_period_without_a_number(client, business):
    make_pool(client, business, **BY_TENS)
    refusal = refused(client.GetGapReport, business=business)
    assert (refusal.code, refusal.reason, refusal.metadata) == (NOT_FOUND, "PERIOD_NOT_FOUND", {"field": "period"})
    assert refused(client.GetGapReport, business=business, template="no").metadata == {"field": "template"}


@pytest.mark.parametrize("seconds", [3599, 3653 * DAY + 1])
def test_retention_has_bounds(client, business, seconds):
    refusal = refused(make_pool, client, business, history_retention=Duration(seconds=seconds))
    assert (refusal.code, refusal.reason) == (INVALID, "SETTING_OUT_OF_RANGE")
    assert wrong_fields(refusal) == ["pool.history_retention"]


def test_retention_can_be_set(client, business):
    assert make_pool(client, business).history_retention == Duration(seconds=7 * DAY)
    pool = client.UpdatePool(
        pool=allocation.Pool(business=business, history_retention=Duration(seconds=3600)),
        update_mask=FieldMask(paths=["history_retention"]),
    ).pool
    assert pool.history_retention == Duration(seconds=3600) == client.GetPool(business=business).pool.history_retention


@pytest.mark.long
def test_what_is_forgotten_stays_accounted_for(tmp_path):
    clock = Clock(tmp_path, "+0")
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", reuse_policy=NEVER, history_retention=Duration(seconds=3600), **BY_TENS)
        done, back, live = allocate(client, "shop", 3, lease_ttl=Duration(seconds=DAY)).numbers
        complete(client, "shop", [done])
        release(client, "shop", [back])
        before = account(client, "shop")[0]
        clock.set("+2h")
        allocate(client, "shop", request_id="")
        # It looks for what is old a minute after its start, and then at its own pace: events, and each table.
        def is_gone(number):
            try:
                client.GetLock(business="shop", number=number.number)
            except grpc.RpcError as error:
                return error.code() == NOT_FOUND
            return False

        for number in done, back:
            assert eventually(lambda: is_gone(number), seconds=200)
            assert eventually(lambda: not events(client, "shop", number.number)[0], seconds=200)
            assert refused(client.GetLock, business="shop", number=number.number).reason == "NUMBER_NOT_FOUND"
        for number, state in (done, "completed"), (back, "retired_after_release"):
            found, page = events(client, "shop", number.number)
            assert (found, STATES[page.state], page.older_events_left_out) == ([], state, True)
        assert account(client, "shop")[0][0] == before[0] | {4: "live"}
        assert client.GetLock(business="shop", number=live.number).lock.state == locking.LOCK_STATE_LIVE
    clock.tidy(server)


def check_past(client, callers, business):
    """The account and the lives say what was answered, and nothing else."""
    lives, last = {}, {}
    for one in (one for caller in callers for one in caller.held if one.business == business):
        lives.setdefault(one.number.number, []).append(one)
    states = account(client, business, 1000)[0].get(0, {})
    ends = {
        locking.LOCK_STATE_LIVE: "live", locking.LOCK_STATE_COMPLETED: "completed",
        locking.LOCK_STATE_RELEASED: "waiting",
    }
    for number, holdings in lives.items():
        holdings.sort(key=lambda one: one.number.token.generation)
        last[int(number[2:])] = ends[holdings[-1].state]
    assert {serial: state for serial, state in states.items() if state != "in_stock"} == last
    for number in random.sample(sorted(lives), min(100, len(lives))):
        expected = [("generated", "", 0, 0)]
        for one in lives[number]:
            generation = one.number.token.generation
            expected.append(("allocated" if generation == 1 else "reused", one.holder, generation, 0))
            if one.state == locking.LOCK_STATE_COMPLETED:
                expected.append(("completed", one.holder, generation, one.amount))
            elif one.state == locking.LOCK_STATE_RELEASED:
                expected.append(("released", one.holder, generation, 0))
        assert [
            (KINDS[event.kind], event.holder, event.token.generation, event.amount.amount_minor)
            for event in events(client, business, number)[0]
        ] == expected
    now = counter(client, business)
    for unit in history.SERIES_UNIT_HOUR, history.SERIES_UNIT_DAY:
        found = points(client, business, unit=unit)
        for field in "generated", "allocated", "completed", "released", "reused":
            assert sum(getattr(point, field) for point in found) == getattr(now, field)


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_kill(tmp_path, rounds):
    seed = time.time_ns()
    print(f"seed {seed}")
    chance = random.Random(seed)
    random.seed(seed)
    callers = [Caller(f"holder-{i}", ["shop"], chance.random()) for i in range(8)]
    for round in range(rounds):
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            if round == 0:
                make_pool(Client(channel), "shop", reuse_policy=AT_ONCE, generation_batch=50, low_watermark=20, high_watermark=200)
            join = load(server.h2c, callers)
            eventually(lambda: False, seconds=chance.uniform(0.2, 1.5))
            server.kill()
            join()
        with Server(tmp_path) as server, connect(server, "h2c") as channel:
            client = Client(channel)
            for caller in callers:
                caller.settle(client)
            check_nobody_shared_a_number(callers)
            check_past(client, callers, "shop")
            server.kill()
    assert sum(len(caller.held) for caller in callers) > 10
