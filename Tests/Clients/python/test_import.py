"""Importing numbers that another system handed out, one call or a stream."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

import pools
from api import Client, allocation, allocation_grpc, locking, money, refusal, refused, wrong_fields
from conftest import connect
from pools import HOLDER, allocate, complete, counter, release, request_id, yuan
from server import Server, eventually

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXISTS = grpc.StatusCode.ALREADY_EXISTS
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def make_pool(client, business, template="SO{serial:6}", **settings):
    """One whose generator doesn't work ahead, as who imports wants it."""
    pools.make_pool(client, business, template, low_watermark=0, high_watermark=0, **settings)


def live(number, holder=HOLDER, **fields):
    return allocation.NumberImport(number=number, holder=holder, **fields)


def done(number, amount=None, holder=HOLDER):
    return allocation.NumberImport(
        number=number, holder=holder, completion=allocation.ImportedCompletion(amount=amount)
    )


def take(client, business, *numbers, **fields):
    return client.ImportNumbers(business=business, numbers=numbers, **fields)


def balances(counter):
    assert counter.allocated + counter.imported == counter.live + counter.completed + counter.released + counter.expired


def test_imported_numbers_are_held_and_never_made_again(client, business):
    make_pool(client, business, "SO{serial:6}", reuse_policy=allocation.REUSE_POLICY_AT_ONCE)
    answer = take(client, business, live("SO000007"), done("SO000003", yuan(500)), live("SO000005", "another"))
    assert [number.number for number in answer.numbers] == ["SO000007", "SO000003", "SO000005"]
    first, second, third = answer.numbers
    assert first.lease_id and third.lease_id and first.lease_id != third.lease_id and second.lease_id == 0
    assert first.HasField("expire_time") and not second.HasField("expire_time")
    counted = counter(client, business)
    assert (counted.imported, counted.allocated, counted.live, counted.completed) == (3, 0, 2, 1)
    assert counted.completed_amounts[0].amount_minor == 500
    balances(counted)

    lock = client.GetLock(business=business, number="SO000003").lock
    assert lock.state == locking.LOCK_STATE_COMPLETED and lock.amount.amount_minor == 500
    assert [number.number for number in allocate(client, business, 2).numbers] == ["SO000008", "SO000009"]
    complete(client, business, [first])
    release(client, business, [third], holder="another")
    again = allocate(client, business).numbers[0]
    assert again.number == "SO000005" and again.token.generation == 2
    # What was passed over can be imported later, in any order.
    take(client, business, live("SO000004"), live("SO000001"))
    balances(counter(client, business))


@pytest.mark.parametrize(
    "number, state",
    [("SO000099", "before_start"), ("SO000100", "live"), ("SO000101", "completed"), ("SO000102", "returned"), ("SO000103", "made")],
)
def test_what_is_taken_is_refused_by_what_it_is(client, business, number, state):
    make_pool(client, business, "SO{serial:6}", start_serial=100)
    _, completed, released = allocate(client, business, 3).numbers
    complete(client, business, [completed])
    release(client, business, [released])
    refusal = refused(take, client, business, live("SO900000"), live(number))
    assert (refusal.code, refusal.reason) == (EXISTS, "NUMBER_TAKEN")
    assert refusal.metadata == {"field": "numbers[1].number", "state": state}
    assert counter(client, business).imported == 0
    assert refused(client.GetLock, business=business, number="SO900000").reason == "NUMBER_NOT_FOUND"


ROWS = [
    ([], "NUMBERS_OUT_OF_RANGE", "numbers"),
    ([live(f"SO{serial:06}") for serial in range(1, 1002)], "NUMBERS_OUT_OF_RANGE", "numbers"),
    ([live("SO000001"), live("S0000002")], "NUMBER_INVALID", "numbers[1].number"),
    ([live("SO000001"), live("SO000001")], "NUMBER_TWICE", "numbers[1].number"),
    ([live("SO000001", "")], "HOLDER_INVALID", "numbers[0].holder"),
    ([live("SO000001", "a" * 129)], "HOLDER_INVALID", "numbers[0].holder"),
    ([live("SO000001", principal="a" * 1025)], "PRINCIPAL_INVALID", "numbers[0].principal"),
    ([done("SO000001", money.Money(currency_code="yuan"))], "CURRENCY_INVALID", "numbers[0].completion.amount.currency_code"),
    ([done("SO000001", yuan(-1))], "AMOUNT_NEGATIVE", "numbers[0].completion.amount.amount_minor"),
]


@pytest.mark.parametrize("numbers, reason, field", ROWS)
def test_an_import_that_is_refused(client, business, numbers, reason, field):
    make_pool(client, business)
    refusal = refused(take, client, business, *numbers)
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, reason, [field])
    assert counter(client, business).imported == 0


def test_other_refusals(client, business):
    assert refused(take, client, "none", live("1")).reason == "POOL_NOT_FOUND"
    make_pool(client, business, "{timestamp:yyyyMMddHHmm}-{serial:4}", time_zone="Europe/Berlin")
    refusal = refused(take, client, business, live("202603290230-0001"))
    assert (refusal.code, refusal.reason, wrong_fields(refusal)) == (INVALID, "NUMBER_TIME_UNKNOWN", ["numbers[0].number"])
    refusal = refused(take, client, business, live("209912312359-0001"))
    assert (refusal.code, refusal.reason) == (PRECONDITION, "NUMBER_IN_FUTURE")
    assert refusal.metadata == {"field": "numbers[0].number"}
    refusal = refused(take, client, business, live("202001010000-0001"), lease_ttl=Duration(seconds=10**9))
    assert (refusal.reason, wrong_fields(refusal)) == ("LEASE_TTL_OUT_OF_RANGE", ["lease_ttl"])


def test_a_lease_of_an_imported_number_runs_out(client, business):
    make_pool(client, business)
    take(client, business, live("SO000001"), lease_ttl=Duration(seconds=1))
    assert eventually(lambda: counter(client, business).expired == 1)
    balances(counter(client, business))


def test_an_import_is_repeated_by_its_request_id(client, business):
    make_pool(client, business)
    fields = {"request_id": request_id()}
    first = take(client, business, live("SO000004"), **fields)
    assert first.repeatable and take(client, business, live("SO000004"), **fields) == first
    assert refused(take, client, business, live("SO000005"), **fields).reason == "REQUEST_ID_REUSED"
    assert refused(take, client, business, live("SO000004")).reason == "NUMBER_TAKEN"
    assert counter(client, business).imported == 1


def part(business, first, count, **fields):
    numbers = [live(f"SO{serial:06}") for serial in range(first, first + count)]
    return allocation.ImportNumbersStreamRequest(
        part=allocation.ImportNumbersRequest(business=business, numbers=numbers, **fields)
    )


def test_many_are_imported_on_a_stream(client, business):
    make_pool(client, business)
    call = allocation_grpc.AllocationServiceStub(client.channel).ImportNumbersStream
    ids = [request_id() for _ in range(20)]

    def parts(last=20):
        # From the highest to the lowest: what one passes over, the next takes.
        return [part(business, 1000 * (20 - place) + 1, 1000, request_id=ids[place]) for place in range(last)]

    answer = call(iter(parts(5)), timeout=60)
    assert (answer.messages, answer.numbers) == (5, 5_000)
    answer = call(iter(parts()), timeout=60)
    assert (answer.messages, answer.numbers) == (20, 20_000)
    assert counter(client, business).imported == counter(client, business).live == 20_000
    assert allocate(client, business).numbers[0].number == "SO021001"
    with pytest.raises(grpc.RpcError) as error:
        call(iter([part(business, 500_000, 10), part(business, 21_500, 10), part(business, 600_000, 1)]), timeout=60)
    refused = refusal(error.value)
    assert (refused.code, refused.reason) == (EXISTS, "NUMBER_TAKEN")
    assert refused.metadata == {"field": "numbers[0].number", "state": "made", "message": "1"}
    assert counter(client, business).imported == 20_010
    assert call(iter([]), timeout=60) == allocation.ImportNumbersStreamResponse()


def test_imports_survive_kill_9(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        make_pool(client, "shop")
        kept = take(client, "shop", live("SO000050"), done("SO000020"), live("SO000030")).numbers
        before = counter(client, "shop")
        server.kill()
    with Server(tmp_path) as server, connect(server, "h2c") as channel:
        client = Client(channel)
        assert counter(client, "shop") == before
        assert refused(take, client, "shop", live("SO000020")).metadata["state"] == "completed"
        take(client, "shop", live("SO000040"))
        complete(client, "shop", [kept[0], kept[2]])
        assert allocate(client, "shop").numbers[0].number == "SO000051"
        balances(counter(client, "shop"))
