"""AL1 to AL5: pools, the generator, Allocate and its repetitions, reuse, and running out."""

import datetime
import re
import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from api import Client, allocation, locking, refused
from conftest import connect
from pools import HOLDER, allocate, check_counter, complete, counter, make_pool, release, request_id, yuan
from server import Server, eventually


# AL1: pools and templates


def test_a_pool_is_made_with_its_defaults_and_can_be_read(client, business):
    made = make_pool(client, business, "SO-{serial:6}")
    assert (made.business, made.template, made.time_zone) == (business, "SO-{serial:6}", "UTC")
    assert made.serial_period == allocation.SERIAL_PERIOD_NEVER
    assert made.reuse_policy == allocation.REUSE_POLICY_AFTER_QUARANTINE
    assert made.quarantine == Duration(seconds=600)
    assert made.lease_mode == allocation.LEASE_MODE_LEASED
    assert made.low_watermark == 1000
    assert made.high_watermark == 10000
    assert made.HasField("create_time")
    read = client.GetPool(business=business).pool
    read.ClearField("stock")
    made.ClearField("stock")
    assert read == made


def test_a_pool_is_changed_field_by_field(client, business):
    make_pool(client, business, low_watermark=5, high_watermark=50)
    changed = client.UpdatePool(
        pool=allocation.Pool(business=business, high_watermark=60, low_watermark=1),
        update_mask=FieldMask(paths=["high_watermark"]),
    ).pool
    assert (changed.low_watermark, changed.high_watermark) == (5, 60)
    changed = client.UpdatePool(
        pool=allocation.Pool(business=business), update_mask=FieldMask(paths=["low_watermark"])
    ).pool
    # Its default, as far as the other watermark lets it.
    assert (changed.low_watermark, changed.high_watermark) == (60, 60)


def test_a_wider_template_takes_over_at_run_time(client, business):
    make_pool(client, business, "A{serial:3}", low_watermark=0, high_watermark=0, generation_batch=1)
    before = allocate(client, business).numbers[0].number
    assert client.ParseNumber(business=business, number=before).template == "A{serial:3}"
    client.UpdatePool(
        pool=allocation.Pool(business=business, template="B{serial:4}"), update_mask=FieldMask(paths=["template"])
    )
    after = allocate(client, business).numbers[0].number
    assert re.fullmatch(r"A\d{3}", before) and re.fullmatch(r"[AB]\d{3,4}", after) and before != after
    for number in before, after:
        assert client.ParseNumber(business=business, number=number).valid
    assert client.ParseNumber(business=business, number="B0001").template == "B{serial:4}"


def test_pools_are_listed_page_by_page(client, business):
    names = sorted(f"{business}-{i}" for i in range(5))
    for name in names:
        make_pool(client, name)
    seen, page_token, pages = [], "", 0
    while True:
        page = client.ListPools(page_size=2, page_token=page_token)
        seen += [pool.business for pool in page.pools]
        pages += 1
        assert len(page.pools) <= 2
        page_token = page.next_page_token
        if not page_token:
            break
    assert [name for name in seen if name in names] == names
    assert seen == sorted(seen) and len(seen) == len(set(seen))


TEMPLATES = [
    ("SO{serial:6}", r"SO\d{6}"),
    ("{serial:4,36}", r"[0-9A-Z]{4}"),
    ("{business}/{timestamp:yyyyMMdd}-{serial:6}{check:11,10}", r"b\d+/\d{8}-\d{7}"),
    ("X{timestamp:yyDDDHHmmssSSS}{serial:5,36}{check:37,36}", r"X\d{14}[0-9A-Z]{6}"),
]


@pytest.mark.parametrize("template, pattern", TEMPLATES)
def test_numbers_look_as_the_template_says_and_parse_back(client, business, template, pattern):
    make_pool(client, business, template, serial_period=allocation.SERIAL_PERIOD_NEVER)
    numbers = [number.number for number in allocate(client, business, 20).numbers]
    assert len(set(numbers)) == 20
    serials = []
    for number in numbers:
        assert re.fullmatch(pattern, number)
        parsed = client.ParseNumber(business=business, number=number)
        assert parsed.valid and parsed.problem == allocation.NUMBER_PROBLEM_UNSPECIFIED
        assert parsed.template == template
        serials.append(parsed.serial)
    assert serials == sorted(serials) and serials[0] == 1


def test_a_timestamp_in_a_number_is_the_pools_own_time(client, business):
    make_pool(client, business, "{timestamp:yyyyMMddHHmm}{serial:6}", time_zone="+08:00")
    number = allocate(client, business).numbers[0].number
    shown = datetime.datetime.strptime(number[:12] + "+0800", "%Y%m%d%H%M%z")
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((now - shown).total_seconds()) < 300
    parsed = client.ParseNumber(business=business, number=number)
    assert parsed.timestamp.ToDatetime(datetime.timezone.utc) == shown


def test_a_daily_serial_belongs_to_the_day_of_the_zone(client, business):
    make_pool(
        client, business, "{timestamp:yyyyMMdd}{serial:6}", serial_period=allocation.SERIAL_PERIOD_DAILY,
        time_zone="Asia/Shanghai",
    )
    number = allocate(client, business).numbers[0].number
    parsed = client.ParseNumber(business=business, number=number)
    assert parsed.period == f"{number[:4]}-{number[4:6]}-{number[6:8]}"
    assert client.GetPool(business=business).pool.stock.period == parsed.period




def test_parse_number_says_what_is_wrong(client, business):
    make_pool(client, business, "SO{timestamp:yyMMdd}{serial:5}{check:11,10}")
    good = allocate(client, business).numbers[0].number
    wrong_check = good[:-1] + str((int(good[-1]) + 1) % 10)
    cases = [
        (good + "0", allocation.NUMBER_PROBLEM_LENGTH),
        (good[:-1], allocation.NUMBER_PROBLEM_LENGTH),
        ("XO" + good[2:], allocation.NUMBER_PROBLEM_LITERAL),
        ("SO991399" + good[8:], allocation.NUMBER_PROBLEM_TIMESTAMP),
        ("SO99ab01" + good[8:], allocation.NUMBER_PROBLEM_TIMESTAMP),
        (good[:8] + "0000x" + good[13:], allocation.NUMBER_PROBLEM_SERIAL),
        (wrong_check, allocation.NUMBER_PROBLEM_CHECK),
    ]
    for number, problem in cases:
        parsed = client.ParseNumber(business=business, number=number)
        assert (parsed.valid, parsed.problem) == (False, problem), number


# AL2: the generator


def test_the_generator_keeps_stock_between_the_watermarks(client, business):
    make_pool(client, business, low_watermark=20, high_watermark=40, generation_batch=10)
    allocate(client, business, 25)

    def stock():
        return client.GetPool(business=business).pool.stock

    assert eventually(lambda: stock().remaining_in_pool >= 20)
    now = stock()
    assert 20 <= now.remaining_in_pool <= 40 + 10
    assert now.remaining_in_pool + now.remaining_in_period + now.live == 999_999
    assert now.live == 25 and now.HasField("generate_time")


def test_an_empty_pool_fills_itself_inside_the_call(client, business):
    make_pool(client, business, low_watermark=0, high_watermark=0, generation_batch=1)
    numbers = allocate(client, business, 300).numbers
    assert len({number.number for number in numbers}) == 300


def test_stock_survives_a_restart_without_a_lost_or_repeated_number(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop", low_watermark=10, high_watermark=100, generation_batch=100)
        first = [number.number for number in allocate(client, "shop", 30).numbers]
        before = counter(client, "shop")
        assert server.stop() == 0
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        after = counter(client, "shop")
        assert after.allocated == before.allocated == 30
        second = [number.number for number in allocate(client, "shop", 30).numbers]
    assert first + second == [f"SO{i:06}" for i in range(1, 61)]


# AL3: Allocate


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_allocate_gives_all_that_was_asked_for(client, business, count):
    make_pool(client, business)
    answer = allocate(client, business, count)
    assert len({number.number for number in answer.numbers}) == count
    assert answer.repeatable and answer.lease_id > 0
    now = time.time()
    for number in answer.numbers:
        assert number.token.incarnation > 0 and number.token.generation == 1
        assert abs(number.expire_time.ToSeconds() - now - 600) < 60


def test_a_call_without_a_request_id_says_that_it_is_not_repeatable(client, business):
    make_pool(client, business)
    first = allocate(client, business, request_id="")
    second = allocate(client, business, request_id="")
    assert not first.repeatable
    assert first.numbers[0].number != second.numbers[0].number


def test_the_same_request_id_gives_the_same_answer(client, business):
    make_pool(client, business)
    identity = request_id()
    first = allocate(client, business, 3, request_id=identity)
    assert allocate(client, business, 3, request_id=identity) == first
    assert counter(client, business).allocated == 3


def test_a_request_id_with_another_body_is_refused(client, business):
    make_pool(client, business)
    identity = request_id()
    allocate(client, business, 3, request_id=identity)
    refusal = refused(allocate, client, business, 4, request_id=identity)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
    assert refusal.metadata == {"field": "request_id"}
    assert counter(client, business).allocated == 3


def test_a_request_id_counts_for_its_business_and_method_alone(client, business):
    other = business + "-other"
    make_pool(client, business)
    make_pool(client, other)
    identity = request_id()
    numbers = allocate(client, business, request_id=identity).numbers
    assert len(allocate(client, other, request_id=identity).numbers) == 1
    assert complete(client, business, numbers, request_id=identity).numbers[0].number == numbers[0].number


def test_repetitions_are_answered_after_a_restart_too(tmp_path):
    identity, done = request_id(), request_id()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        first = allocate(client, "shop", 3, request_id=identity)
        completed = complete(client, "shop", first.numbers[:1], yuan(100), request_id=done)
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert allocate(client, "shop", 3, request_id=identity) == first
        assert complete(client, "shop", first.numbers[:1], yuan(100), request_id=done) == completed
        assert refused(allocate, client, "shop", 2, request_id=identity).code == grpc.StatusCode.ALREADY_EXISTS
        after = counter(client, "shop")
        assert (after.allocated, after.completed, after.live) == (3, 1, 2)


# AL4: reuse


def test_a_returned_number_goes_out_again_first_in_line_with_a_higher_generation(client, business):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    numbers = allocate(client, business, 3).numbers
    release(client, business, numbers[1:2])
    again = allocate(client, business, 2).numbers
    assert again[0].number == numbers[1].number
    assert again[0].token.generation == numbers[1].token.generation + 1
    assert again[1].number not in {number.number for number in numbers}
    # Whoever held it before can do nothing with it any more.
    refusal = refused(complete, client, business, numbers[1:2])
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_STALE")
    after = counter(client, business)
    check_counter(after)
    assert (after.reused, after.released, after.live) == (1, 1, 4)


def test_a_quarantined_number_waits(client, business):
    make_pool(client, business, quarantine=Duration(seconds=3600))
    number = allocate(client, business).numbers[0]
    assert release(client, business, [number]).numbers[0].reusable
    assert allocate(client, business).numbers[0].number != number.number
    assert client.GetPool(business=business).pool.stock.quarantined == 1


def test_a_short_quarantine_ends(client, business):
    make_pool(client, business, quarantine=Duration(nanos=50_000_000))
    number = allocate(client, business).numbers[0]
    release(client, business, [number])
    assert eventually(lambda: client.GetPool(business=business).pool.stock.quarantined == 0)
    assert allocate(client, business).numbers[0].number == number.number


def test_a_printed_number_is_never_reused(client, business):
    make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_NEVER)
    number = allocate(client, business).numbers[0]
    assert not release(client, business, [number]).numbers[0].reusable
    assert allocate(client, business).numbers[0].number != number.number
    assert counter(client, business).retired == 1


# AL5: running out


def test_a_serial_that_runs_out_is_refused_and_never_wraps(client, business):
    make_pool(client, business, "N{serial:2}", reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    numbers = allocate(client, business, 95).numbers
    assert client.GetPool(business=business).pool.stock.serials_low
    refusal = refused(allocate, client, business, 5)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SERIAL_EXHAUSTED")
    # Those in stock are not counted.
    assert refusal.metadata == {"period": "", "remaining_in_period": "0"}
    # All or nothing: the four that are left are still there.
    last = allocate(client, business, 4).numbers
    assert [number.number for number in last] == ["N96", "N97", "N98", "N99"]
    assert refused(allocate, client, business).code == grpc.StatusCode.RESOURCE_EXHAUSTED
    release(client, business, numbers[:1])
    assert allocate(client, business).numbers[0].number == "N01"
