"""Every refusal by its code and its machine-readable reason, and that a refused call has changed nothing."""

import datetime
import time
import types

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, locking, money, refused, token, uuid7, wrong_fields
from clock import Clock
from conftest import connect
from pools import HOLDER, allocate, complete, completion, counter, make_pool, release, request_id, yuan
from server import Server, eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXISTS = grpc.StatusCode.ALREADY_EXISTS
DENIED = grpc.StatusCode.PERMISSION_DENIED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
RANGE = grpc.StatusCode.OUT_OF_RANGE
# In µs, as the metadata has them.
SECOND = 1_000_000
DAY = 86_400 * SECOND


@pytest.fixture
def world(client, business):
    """A pool with a number in each state, as the rows below need them."""
    make_pool(client, business, "SO{serial:6}{check:11,10}")
    live, completed, released, other = allocate(client, business, 4).numbers
    complete(client, business, [completed], yuan(5))
    release(client, business, [released])
    lease = client.CreateLease(business=business, holder="somebody else").lease.lease_id
    return types.SimpleNamespace(
        client=client, business=business, live=live, completed=completed, released=released, other=other, lease=lease
    )


def pool(world, **fields):
    fields.setdefault("business", world.business + "-new")
    fields.setdefault("template", "SO{serial:6}")
    return world.client.CreatePool(pool=allocation.Pool(**fields))


def update(world, paths, **fields):
    return world.client.UpdatePool(
        pool=allocation.Pool(business=world.business, **fields), update_mask=FieldMask(paths=paths)
    )


def take(world, **fields):
    fields.setdefault("business", world.business)
    fields.setdefault("count", 1)
    fields.setdefault("holder", HOLDER)
    return world.client.Allocate(**fields)


def end(world, *completions, holder=HOLDER, **fields):
    return world.client.Complete(business=world.business, holder=holder, completions=completions, **fields)


def back(world, *numbers, **fields):
    releases = [locking.NumberRelease(number=number.number, token=number.token) for number in numbers]
    return world.client.Release(business=world.business, holder=HOLDER, releases=releases, **fields)


def with_token(number, **change):
    fields = {"incarnation": number.token.incarnation, "generation": number.token.generation} | change
    return allocation.AllocatedNumber(number=number.number, token=token.Token(**fields))


def named(number, proof=token.Token(incarnation=1, generation=1)):
    """A number that nobody was given, with a token."""
    return allocation.AllocatedNumber(number=number, token=proof)


def unused(world, valid=True):
    """A number that the pool could make but hasn't; or one whose check character is wrong."""
    return next(
        number for number in (f"SO900000{check}" for check in range(10))
        if world.client.ParseNumber(business=world.business, number=number).valid == valid
    )


def seconds(count):
    return Duration(seconds=count)


def template(text, **fields):
    return lambda w: pool(w, template=text, **fields)


# Each with the field that its BadRequest names, or else its metadata, and what more the metadata says.
ROWS = [
    # Pools.
    ("no business", lambda w: pool(w, business=""), INVALID, "BUSINESS_INVALID", "pool.business"),
    ("a business with a space", lambda w: pool(w, business="a b"), INVALID, "BUSINESS_INVALID", "pool.business"),
    ("a business that is too long", lambda w: pool(w, business="a" * 65), INVALID, "BUSINESS_INVALID", "pool.business"),
    ("a second pool", lambda w: pool(w, business=w.business), EXISTS, "POOL_EXISTS", None),
    ("no such pool to read", lambda w: w.client.GetPool(business="none"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("no such pool to allocate from", lambda w: take(w, business="none"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("no such pool to count", lambda w: w.client.GetCounter(business="none"), NOT_FOUND, "POOL_NOT_FOUND", None),
    ("an unknown zone", lambda w: pool(w, time_zone="Mars/Olympus"), INVALID, "TIME_ZONE_UNKNOWN", "pool.time_zone"),
    ("a zone out of the database's folder", lambda w: pool(w, time_zone="../../etc/passwd"), INVALID, "TIME_ZONE_UNKNOWN", "pool.time_zone"),
    ("a watermark below 0", lambda w: pool(w, low_watermark=-1), INVALID, "SETTING_OUT_OF_RANGE", "pool.low_watermark", {"least": "0", "most": "10000000"}),
    ("a high watermark below the low", lambda w: pool(w, low_watermark=5, high_watermark=4), INVALID, "SETTING_OUT_OF_RANGE", "pool.high_watermark", {"least": "5", "most": "10000000"}),
    ("an empty batch", lambda w: pool(w, generation_batch=0), INVALID, "SETTING_OUT_OF_RANGE", "pool.generation_batch", {"least": "1", "most": "1000000"}),
    ("a quarantine of ages", lambda w: pool(w, quarantine=seconds(1 << 40)), INVALID, "SETTING_OUT_OF_RANGE", "pool.quarantine", {"least": "0", "most": f"{366 * DAY}"}),
    ("an age of nothing", lambda w: pool(w, max_age=seconds(0)), INVALID, "SETTING_OUT_OF_RANGE", "pool.max_age", {"least": f"{SECOND}", "most": f"{3653 * DAY}"}),
    ("an unknown policy", lambda w: pool(w, reuse_policy=99), INVALID, "SETTING_UNKNOWN", "pool.reuse_policy"),
    ("an unknown field", lambda w: update(w, ["colour"]), INVALID, "UPDATE_MASK_INVALID", "update_mask", {"path": "colour"}),
    ("no field", lambda w: update(w, []), INVALID, "UPDATE_MASK_INVALID", "update_mask"),
    ("a page below 0", lambda w: w.client.ListPools(page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    ("a page too large", lambda w: w.client.ListPools(page_size=1001), INVALID, "PAGE_SIZE_OUT_OF_RANGE", "page_size"),
    ("a made-up page token", lambda w: w.client.ListPools(page_token="?"), INVALID, "PAGE_TOKEN_INVALID", "page_token"),
    # Templates. What is wrong with one as a whole is found at its end.
    ("no template", template(""), INVALID, "TEMPLATE_EMPTY", "pool.template", {"position": "0"}),
    ("a long template", template("a" * 257), INVALID, "TEMPLATE_TOO_LONG", "pool.template", {"position": "256"}),
    ("a letter beyond ASCII", template("ä{serial:6}"), INVALID, "TEMPLATE_CHARACTER_NOT_ALLOWED", "pool.template", {"position": "0"}),
    ("an open brace", template("SO{serial:6"), INVALID, "TEMPLATE_BRACE_NOT_CLOSED", "pool.template", {"position": "2"}),
    ("a closing brace", template("SO}{serial:6}"), INVALID, "TEMPLATE_BRACE_NOT_OPENED", "pool.template", {"position": "2"}),
    ("an unknown part", template("{colour}{serial:6}"), INVALID, "TEMPLATE_UNKNOWN_PART", "pool.template", {"position": "1"}),
    ("a bad pattern", template("{timestamp:qqqq}{serial:6}"), INVALID, "TEMPLATE_TIMESTAMP_PATTERN_INVALID", "pool.template", {"position": "11"}),
    ("two timestamps", template("{timestamp:yyyy}{timestamp:yyyy}{serial:6}"), INVALID, "TEMPLATE_TIMESTAMP_TWICE", "pool.template", {"position": "16"}),
    ("no serial", template("SO"), INVALID, "TEMPLATE_SERIAL_MISSING", "pool.template", {"position": "2"}),
    ("two serials", template("{serial:3}{serial:3}"), INVALID, "TEMPLATE_SERIAL_TWICE", "pool.template", {"position": "10"}),
    ("a wide serial", template("{serial:19}"), INVALID, "TEMPLATE_SERIAL_WIDTH_INVALID", "pool.template", {"position": "8"}),
    ("a strange radix", template("{serial:6,16}"), INVALID, "TEMPLATE_SERIAL_RADIX_INVALID", "pool.template", {"position": "10"}),
    ("an unknown check", template("{serial:6}{check:97,10}"), INVALID, "TEMPLATE_CHECK_INVALID", "pool.template", {"position": "17"}),
    ("a check in the middle", template("{check:11,10}{serial:6}"), INVALID, "TEMPLATE_CHECK_NOT_LAST", "pool.template", {"position": "13"}),
    ("a check that passes over the serial", template("{serial:6,36}{check:11,10}"), INVALID, "TEMPLATE_CHECK_PASSES_OVER_SERIAL", "pool.template", {"position": "26"}),
    (
        "a period that isn't shown",
        template("{timestamp:yyyyMM}{serial:6}", serial_period=allocation.SERIAL_PERIOD_DAILY),
        INVALID, "TEMPLATE_PERIOD_NOT_SHOWN", "pool.template", {"position": "28"},
    ),
    ("a long number", template("a" * 60 + "{serial:6}"), INVALID, "TEMPLATE_NUMBER_TOO_LONG", "pool.template", {"position": "70"}),
    # Allocate.
    ("none", lambda w: take(w, count=0), INVALID, "COUNT_OUT_OF_RANGE", "count"),
    ("fewer than none", lambda w: take(w, count=-1), INVALID, "COUNT_OUT_OF_RANGE", "count"),
    ("too many", lambda w: take(w, count=1001), INVALID, "COUNT_OUT_OF_RANGE", "count"),
    ("no holder", lambda w: take(w, holder=""), INVALID, "HOLDER_INVALID", "holder"),
    ("a long holder", lambda w: take(w, holder="a" * 129), INVALID, "HOLDER_INVALID", "holder"),
    ("a lease too short", lambda w: take(w, lease_ttl=Duration(nanos=1)), INVALID, "LEASE_TTL_OUT_OF_RANGE", "lease_ttl"),
    ("a lease too long", lambda w: take(w, lease_ttl=seconds(10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE", "lease_ttl"),
    ("more than a second of nanoseconds", lambda w: take(w, lease_ttl=Duration(seconds=60, nanos=10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE", "lease_ttl"),
    ("a lease of two signs", lambda w: take(w, lease_ttl=Duration(seconds=60, nanos=-1)), INVALID, "LEASE_TTL_OUT_OF_RANGE", "lease_ttl"),
    ("no such lease", lambda w: take(w, lease_id=987654), NOT_FOUND, "LEASE_NOT_FOUND", None),
    ("somebody else's lease", lambda w: take(w, lease_id=w.lease), DENIED, "HOLDER_MISMATCH", "holder"),
    ("a long request id", lambda w: take(w, request_id="a" * 129), INVALID, "REQUEST_ID_TOO_LONG", "request_id"),
    ("a request id of the day before yesterday", lambda w: take(w, request_id=uuid7(1_600_000_000_000)), PRECONDITION, "REQUEST_ID_TOO_OLD", "request_id"),
    # Complete and Release.
    ("nothing to complete", lambda w: end(w), INVALID, "NUMBERS_OUT_OF_RANGE", "completions"),
    ("too much to complete", lambda w: end(w, *[completion(w.live)] * 1001), INVALID, "NUMBERS_OUT_OF_RANGE", "completions"),
    ("nothing to release", lambda w: back(w), INVALID, "NUMBERS_OUT_OF_RANGE", "releases"),
    ("one twice", lambda w: end(w, completion(w.live), completion(w.live)), INVALID, "NUMBER_TWICE", "completions[1].number"),
    ("no number of the pool", lambda w: back(w, named("XX")), INVALID, "NUMBER_INVALID", "releases[0].number", {"position": "2", "problem": "length"}),
    ("a wrong check character", lambda w: back(w, named(unused(w, valid=False))), INVALID, "NUMBER_INVALID", "releases[0].number", {"position": "8", "problem": "check"}),
    ("a number nobody was given", lambda w: back(w, named(unused(w), w.live.token)), NOT_FOUND, "NUMBER_NOT_FOUND", "releases[0].number"),
    ("no token", lambda w: end(w, locking.Completion(number=w.live.number)), INVALID, "TOKEN_MISSING", "completions[0].token"),
    ("a later token", lambda w: back(w, with_token(w.live, generation=7)), PRECONDITION, "TOKEN_STALE", "releases[0].token"),
    ("a foreign token", lambda w: back(w, with_token(w.live, incarnation=7)), PRECONDITION, "TOKEN_FOREIGN", "releases[0].token"),
    ("another holder", lambda w: end(w, completion(w.live), holder="x"), DENIED, "HOLDER_MISMATCH", "completions[0].number"),
    ("release of what is completed", lambda w: back(w, w.completed), PRECONDITION, "NUMBER_COMPLETED", "releases[0].number"),
    ("completion of what is released", lambda w: end(w, completion(w.released)), PRECONDITION, "NUMBER_RELEASED", "completions[0].number"),
    ("another amount", lambda w: end(w, completion(w.completed, yuan(6))), PRECONDITION, "COMPLETED_DIFFERENTLY", "completions[0].amount"),
    ("a currency that is none", lambda w: end(w, completion(w.live, money.Money(currency_code="yuan"))), INVALID, "CURRENCY_INVALID", "completions[0].amount.currency_code"),
    ("less than nothing", lambda w: end(w, completion(w.live, yuan(-1))), INVALID, "AMOUNT_NEGATIVE", "completions[0].amount.amount_minor"),
    ("a sum that is too large", lambda w: end(w, completion(w.live, yuan(2**63 - 1))), RANGE, "AMOUNT_OVERFLOW", "completions[0].amount.amount_minor"),
    ("a long reason", lambda w: back(w, w.live, reason="a" * 257), INVALID, "REASON_TOO_LONG", "reason"),
    # Leases and marks.
    ("no such lease to renew", lambda w: w.client.Renew(business=w.business, lease_id=987654, holder=HOLDER), NOT_FOUND, "LEASE_NOT_FOUND", None),
    ("somebody else's lease to renew", lambda w: w.client.Renew(business=w.business, lease_id=w.lease, holder=HOLDER), DENIED, "HOLDER_MISMATCH", "holder"),
    ("no such lease to read", lambda w: w.client.GetLease(business=w.business, lease_id=987654), NOT_FOUND, "LEASE_NOT_FOUND", None),
    ("a lease without holder", lambda w: w.client.CreateLease(business=w.business), INVALID, "HOLDER_INVALID", "holder"),
    ("a long lease", lambda w: w.client.CreateLease(business=w.business, holder=HOLDER, ttl=seconds(10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE", "ttl"),
    ("a mark that isn't", lambda w: w.client.GetLock(business=w.business, number=unused(w)), NOT_FOUND, "NUMBER_NOT_FOUND", "number"),
    ("a number to parse for nobody", lambda w: w.client.ParseNumber(business="none", number="1"), NOT_FOUND, "POOL_NOT_FOUND", None),
]


@pytest.mark.parametrize(
    "call, code, reason, field, metadata", [(*row[1:], {})[:5] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_refused(world, call, code, reason, field, metadata):
    before = counter(world.client, world.business)
    refusal = refused(call, world)
    print(refusal)
    assert (refusal.code, refusal.reason) == (code, reason)
    assert refusal.message, "no words for a person"
    if refusal.code == INVALID:
        assert (wrong_fields(refusal), refusal.metadata) == ([field], metadata)
    else:
        assert (wrong_fields(refusal), refusal.metadata) == ([], metadata | ({"field": field} if field else {}))
    assert counter(world.client, world.business) == before
    # The live number is still in its holder's hands.
    complete(world.client, world.business, [world.live])


def test_a_pool_without_leases_refuses_them(client, business):
    make_pool(client, business, lease_mode=allocation.LEASE_MODE_NONE)
    for call in (
        lambda: allocate(client, business, lease_ttl=seconds(60)),
        lambda: client.CreateLease(business=business, holder=HOLDER),
    ):
        refusal = refused(call)
        assert (refusal.code, refusal.reason, refusal.metadata) == (PRECONDITION, "LEASES_OFF", {})


def test_a_lease_that_ran_out_refuses_its_numbers(client, business):
    make_pool(client, business)
    number = allocate(client, business, lease_ttl=seconds(1)).numbers[0]
    assert eventually(lambda: counter(client, business).expired == 1)
    for call, items in (complete, "completions"), (release, "releases"):
        refusal = refused(call, client, business, [number])
        assert (refusal.code, refusal.reason) == (PRECONDITION, "LEASE_EXPIRED")
        assert refusal.metadata == {"field": f"{items}[0].number"}


def test_a_template_that_could_make_old_numbers_again_is_refused(client, business):
    make_pool(client, business, "A{serial:4}")
    refusal = refused(
        client.UpdatePool, pool=allocation.Pool(business=business, template="A{serial:4,36}"),
        update_mask=FieldMask(paths=["template"]),
    )
    assert (refusal.code, refusal.reason) == (PRECONDITION, "TEMPLATE_MAY_REPEAT")
    assert refusal.metadata == {"earlier_template": "A{serial:4}"}


def test_only_so_many_currencies_are_counted(client, business):
    make_pool(client, business)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = [f"X{a}{b}" for a in letters for b in letters][:201]
    numbers = allocate(client, business, 201).numbers
    completions = [
        completion(number, money.Money(currency_code=code, amount_minor=1)) for number, code in zip(numbers, codes)
    ]
    client.Complete(business=business, holder=HOLDER, completions=completions[:200])
    refusal = refused(client.Complete, business=business, holder=HOLDER, completions=completions[200:])
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "CURRENCIES_EXHAUSTED")
    assert refusal.metadata == {"field": "completions[0].amount.currency_code"}


def test_a_pool_has_only_so_many_templates(client, business):
    make_pool(client, business, "A0-{serial:4}")
    for count in range(1, 100):
        client.UpdatePool(
            pool=allocation.Pool(business=business, template=f"A{count}-{{serial:4}}"),
            update_mask=FieldMask(paths=["template"]),
        )
    refusal = refused(
        client.UpdatePool, pool=allocation.Pool(business=business, template="B-{serial:4}"),
        update_mask=FieldMask(paths=["template"]),
    )
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "TEMPLATE_CHANGES_EXHAUSTED")
    assert "100" in refusal.message and refusal.metadata == {}


def test_a_year_that_two_digits_do_not_show(tmp_path):
    clock = Clock(tmp_path, "+80y")
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        client.CreatePool(pool=allocation.Pool(business="shop", template="{timestamp:yyMMdd}{serial:4}"))
        refusal = refused(allocate, client, "shop", request_id="")
        assert (refusal.code, refusal.reason, refusal.metadata) == (PRECONDITION, "YEAR_NOT_SHOWN", {})
    clock.tidy(server)


def test_a_day_that_is_over_does_not_come_again(tmp_path):
    # In St. John's the clocks once went back an hour at one minute past midnight, and so to the day before.
    before = datetime.datetime(2010, 11, 7, 2, 30, 5, tzinfo=datetime.timezone.utc)
    clock = Clock(tmp_path, offset(before))
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        clock.set(offset(before))
        pool = allocation.Pool(
            business="shop", template="{timestamp:yyyyMMdd}-{serial:4}", time_zone="America/St_Johns",
            serial_period=allocation.SERIAL_PERIOD_DAILY, low_watermark=0, high_watermark=0, generation_batch=1,
        )
        client.CreatePool(pool=pool)
        assert allocate(client, "shop", request_id="").numbers[0].number == "20101107-0001"
        # 23:32 on Saturday, a day of which nobody knows any more what was handed out.
        clock.set(offset(before + datetime.timedelta(minutes=32)))
        refusal = refused(allocate, client, "shop", request_id="")
        assert (refusal.code, refusal.reason) == (PRECONDITION, "PERIOD_CLOSED")
        assert refusal.metadata == {"period": "2010-11-06"}
        clock.set(offset(before + datetime.timedelta(minutes=62)))
        assert allocate(client, "shop", request_id="").numbers[0].number == "20101107-0002"
    clock.tidy(server)


def offset(moment):
    """What takes a clock from the present to `moment`."""
    return f"{int(moment.timestamp() - time.time()):+d}"


def import_stream(client, *messages):
    return client.stub("ImportNumbersStream")(iter(messages), timeout=20)


@pytest.mark.parametrize(
    "call, field, metadata",
    [
        (lambda client: client.CreatePool(), "pool", {}),
        (lambda client: client.UpdatePool(update_mask=FieldMask(paths=["max_age"])), "pool", {}),
        (lambda client: import_stream(client, allocation.ImportNumbersStreamRequest()), "part", {"message": "0"}),
    ],
)
def test_a_request_without_its_message(client, call, field, metadata):
    refusal = refused(call, client)
    found = (refusal.code, refusal.reason, wrong_fields(refusal), refusal.metadata)
    assert found == (INVALID, "MESSAGE_MISSING", [field], metadata)
