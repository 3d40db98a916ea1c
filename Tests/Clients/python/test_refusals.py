"""Every refusal by its code and its machine-readable reason, and that a refused call has changed nothing."""

import types

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, error_details, locking, money, refused, token, uuid7
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


ROWS = [
    # Pools.
    ("no business", lambda w: pool(w, business=""), INVALID, "BUSINESS_INVALID"),
    ("a business with a space", lambda w: pool(w, business="a b"), INVALID, "BUSINESS_INVALID"),
    ("a business that is too long", lambda w: pool(w, business="a" * 65), INVALID, "BUSINESS_INVALID"),
    ("a second pool", lambda w: pool(w, business=w.business), EXISTS, "POOL_EXISTS"),
    ("no such pool to read", lambda w: w.client.GetPool(business="none"), NOT_FOUND, "POOL_NOT_FOUND"),
    ("no such pool to allocate from", lambda w: take(w, business="none"), NOT_FOUND, "POOL_NOT_FOUND"),
    ("no such pool to count", lambda w: w.client.GetCounter(business="none"), NOT_FOUND, "POOL_NOT_FOUND"),
    ("an unknown zone", lambda w: pool(w, time_zone="Mars/Olympus"), INVALID, "TIME_ZONE_UNKNOWN"),
    ("a zone out of the database's folder", lambda w: pool(w, time_zone="../../etc/passwd"), INVALID, "TIME_ZONE_UNKNOWN"),
    ("a watermark below 0", lambda w: pool(w, low_watermark=-1), INVALID, "SETTING_OUT_OF_RANGE"),
    ("a high watermark below the low", lambda w: pool(w, low_watermark=5, high_watermark=4), INVALID, "SETTING_OUT_OF_RANGE"),
    ("an empty batch", lambda w: pool(w, generation_batch=0), INVALID, "SETTING_OUT_OF_RANGE"),
    ("a quarantine of ages", lambda w: pool(w, quarantine=seconds(1 << 40)), INVALID, "SETTING_OUT_OF_RANGE"),
    ("an age of nothing", lambda w: pool(w, max_age=seconds(0)), INVALID, "SETTING_OUT_OF_RANGE"),
    ("an unknown policy", lambda w: pool(w, reuse_policy=99), INVALID, "SETTING_UNKNOWN"),
    ("an unknown field", lambda w: update(w, ["colour"]), INVALID, "UPDATE_MASK_INVALID"),
    ("no field", lambda w: update(w, []), INVALID, "UPDATE_MASK_INVALID"),
    ("a page below 0", lambda w: w.client.ListPools(page_size=-1), INVALID, "PAGE_SIZE_OUT_OF_RANGE"),
    ("a page too large", lambda w: w.client.ListPools(page_size=1001), INVALID, "PAGE_SIZE_OUT_OF_RANGE"),
    ("a made-up page token", lambda w: w.client.ListPools(page_token="?"), INVALID, "PAGE_TOKEN_INVALID"),
    # Templates.
    ("no template", template(""), INVALID, "TEMPLATE_EMPTY"),
    ("a long template", template("a" * 257), INVALID, "TEMPLATE_TOO_LONG"),
    ("a letter beyond ASCII", template("ä{serial:6}"), INVALID, "TEMPLATE_CHARACTER_NOT_ALLOWED"),
    ("an open brace", template("SO{serial:6"), INVALID, "TEMPLATE_BRACE_NOT_CLOSED"),
    ("a closing brace", template("SO}{serial:6}"), INVALID, "TEMPLATE_BRACE_NOT_OPENED"),
    ("an unknown part", template("{colour}{serial:6}"), INVALID, "TEMPLATE_UNKNOWN_PART"),
    ("a bad pattern", template("{timestamp:qqqq}{serial:6}"), INVALID, "TEMPLATE_TIMESTAMP_PATTERN_INVALID"),
    ("two timestamps", template("{timestamp:yyyy}{timestamp:yyyy}{serial:6}"), INVALID, "TEMPLATE_TIMESTAMP_TWICE"),
    ("no serial", template("SO"), INVALID, "TEMPLATE_SERIAL_MISSING"),
    ("two serials", template("{serial:3}{serial:3}"), INVALID, "TEMPLATE_SERIAL_TWICE"),
    ("a wide serial", template("{serial:19}"), INVALID, "TEMPLATE_SERIAL_WIDTH_INVALID"),
    ("a strange radix", template("{serial:6,16}"), INVALID, "TEMPLATE_SERIAL_RADIX_INVALID"),
    ("an unknown check", template("{serial:6}{check:97,10}"), INVALID, "TEMPLATE_CHECK_INVALID"),
    ("a check in the middle", template("{check:11,10}{serial:6}"), INVALID, "TEMPLATE_CHECK_NOT_LAST"),
    ("a check that passes over the serial", template("{serial:6,36}{check:11,10}"), INVALID, "TEMPLATE_CHECK_PASSES_OVER_SERIAL"),
    (
        "a period that isn't shown",
        template("{timestamp:yyyyMM}{serial:6}", serial_period=allocation.SERIAL_PERIOD_DAILY),
        INVALID, "TEMPLATE_PERIOD_NOT_SHOWN",
    ),
    ("a long number", template("a" * 60 + "{serial:6}"), INVALID, "TEMPLATE_NUMBER_TOO_LONG"),
    # Allocate.
    ("none", lambda w: take(w, count=0), INVALID, "COUNT_OUT_OF_RANGE"),
    ("fewer than none", lambda w: take(w, count=-1), INVALID, "COUNT_OUT_OF_RANGE"),
    ("too many", lambda w: take(w, count=1001), INVALID, "COUNT_OUT_OF_RANGE"),
    ("no holder", lambda w: take(w, holder=""), INVALID, "HOLDER_INVALID"),
    ("a long holder", lambda w: take(w, holder="a" * 129), INVALID, "HOLDER_INVALID"),
    ("a lease too short", lambda w: take(w, lease_ttl=Duration(nanos=1)), INVALID, "LEASE_TTL_OUT_OF_RANGE"),
    ("a lease too long", lambda w: take(w, lease_ttl=seconds(10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE"),
    ("more than a second of nanoseconds", lambda w: take(w, lease_ttl=Duration(seconds=60, nanos=10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE"),
    ("a lease of two signs", lambda w: take(w, lease_ttl=Duration(seconds=60, nanos=-1)), INVALID, "LEASE_TTL_OUT_OF_RANGE"),
    ("no such lease", lambda w: take(w, lease_id=987654), NOT_FOUND, "LEASE_NOT_FOUND"),
    ("somebody else's lease", lambda w: take(w, lease_id=w.lease), DENIED, "HOLDER_MISMATCH"),
    ("a long request id", lambda w: take(w, request_id="a" * 129), INVALID, "REQUEST_ID_TOO_LONG"),
    ("a request id of the day before yesterday", lambda w: take(w, request_id=uuid7(1_600_000_000_000)), PRECONDITION, "REQUEST_ID_TOO_OLD"),
    # Complete and Release.
    ("nothing to complete", lambda w: end(w), INVALID, "NUMBERS_OUT_OF_RANGE"),
    ("too much to complete", lambda w: end(w, *[completion(w.live)] * 1001), INVALID, "NUMBERS_OUT_OF_RANGE"),
    ("nothing to release", lambda w: back(w), INVALID, "NUMBERS_OUT_OF_RANGE"),
    ("one twice", lambda w: end(w, completion(w.live), completion(w.live)), INVALID, "NUMBER_TWICE"),
    ("no number of the pool", lambda w: back(w, named("XX")), INVALID, "NUMBER_INVALID"),
    ("a wrong check character", lambda w: back(w, named(unused(w, valid=False))), INVALID, "NUMBER_INVALID"),
    ("a number nobody was given", lambda w: back(w, named(unused(w), w.live.token)), NOT_FOUND, "NUMBER_NOT_FOUND"),
    ("no token", lambda w: end(w, locking.Completion(number=w.live.number)), INVALID, "TOKEN_MISSING"),
    ("a later token", lambda w: back(w, with_token(w.live, generation=7)), PRECONDITION, "TOKEN_STALE"),
    ("a foreign token", lambda w: back(w, with_token(w.live, incarnation=7)), PRECONDITION, "TOKEN_FOREIGN"),
    ("another holder", lambda w: end(w, completion(w.live), holder="x"), DENIED, "HOLDER_MISMATCH"),
    ("release of what is completed", lambda w: back(w, w.completed), PRECONDITION, "NUMBER_COMPLETED"),
    ("completion of what is released", lambda w: end(w, completion(w.released)), PRECONDITION, "NUMBER_RELEASED"),
    ("another amount", lambda w: end(w, completion(w.completed, yuan(6))), PRECONDITION, "COMPLETED_DIFFERENTLY"),
    ("a currency that is none", lambda w: end(w, completion(w.live, money.Money(currency_code="yuan"))), INVALID, "CURRENCY_INVALID"),
    ("less than nothing", lambda w: end(w, completion(w.live, yuan(-1))), INVALID, "AMOUNT_NEGATIVE"),
    ("a sum that is too large", lambda w: end(w, completion(w.live, yuan(2**63 - 1))), RANGE, "AMOUNT_OVERFLOW"),
    ("a long reason", lambda w: back(w, w.live, reason="a" * 257), INVALID, "REASON_TOO_LONG"),
    # Leases and marks.
    ("no such lease to renew", lambda w: w.client.Renew(business=w.business, lease_id=987654, holder=HOLDER), NOT_FOUND, "LEASE_NOT_FOUND"),
    ("somebody else's lease to renew", lambda w: w.client.Renew(business=w.business, lease_id=w.lease, holder=HOLDER), DENIED, "HOLDER_MISMATCH"),
    ("no such lease to read", lambda w: w.client.GetLease(business=w.business, lease_id=987654), NOT_FOUND, "LEASE_NOT_FOUND"),
    ("a lease without holder", lambda w: w.client.CreateLease(business=w.business), INVALID, "HOLDER_INVALID"),
    ("a long lease", lambda w: w.client.CreateLease(business=w.business, holder=HOLDER, ttl=seconds(10**9)), INVALID, "LEASE_TTL_OUT_OF_RANGE"),
    ("a mark that isn't", lambda w: w.client.GetLock(business=w.business, number=unused(w)), NOT_FOUND, "NUMBER_NOT_FOUND"),
    ("a number to parse for nobody", lambda w: w.client.ParseNumber(business="none", number="1"), NOT_FOUND, "POOL_NOT_FOUND"),
]


@pytest.mark.parametrize("call, code, reason", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_refused(world, call, code, reason):
    before = counter(world.client, world.business)
    refusal = refused(call, world)
    print(refusal)
    assert (refusal.code, refusal.reason) == (code, reason)
    assert refusal.message, "no words for a person"
    if refusal.code == INVALID:
        violations = [detail for detail in refusal.details if isinstance(detail, error_details.BadRequest)]
        assert violations and violations[0].field_violations[0].field
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
        assert (refusal.code, refusal.reason) == (PRECONDITION, "LEASES_OFF")


def test_a_lease_that_ran_out_refuses_its_numbers(client, business):
    make_pool(client, business)
    number = allocate(client, business, lease_ttl=seconds(1)).numbers[0]
    assert eventually(lambda: counter(client, business).expired == 1)
    for call in complete, release:
        refusal = refused(call, client, business, [number])
        assert (refusal.code, refusal.reason) == (PRECONDITION, "LEASE_EXPIRED")


def test_a_template_that_could_make_old_numbers_again_is_refused(client, business):
    make_pool(client, business, "A{serial:4}")
    refusal = refused(
        client.UpdatePool, pool=allocation.Pool(business=business, template="A{serial:4,36}"),
        update_mask=FieldMask(paths=["template"]),
    )
    assert (refusal.code, refusal.reason) == (PRECONDITION, "TEMPLATE_MAY_REPEAT")
    assert refusal.metadata["earlier_template"] == "A{serial:4}"


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


def test_a_year_that_two_digits_do_not_show(tmp_path):
    clock = Clock(tmp_path, "+80y")
    with Server(tmp_path, prefix=clock.prefix) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        client.CreatePool(pool=allocation.Pool(business="shop", template="{timestamp:yyMMdd}{serial:4}"))
        refusal = refused(allocate, client, "shop", request_id="")
        assert (refusal.code, refusal.reason) == (PRECONDITION, "YEAR_NOT_SHOWN")
    clock.tidy(server)
