"""AllocateStream: pairing, refusals among answers, what ends a stream, and back-pressure."""

import queue
import threading

import grpc
import pytest

from api import Client, allocation, allocation_grpc, error_details
from conftest import connect
from pools import HOLDER, counter, make_pool, request_id
from server import Server, eventually

OK = grpc.StatusCode.OK


def ask(sequence, business, count=1, **fields):
    fields.setdefault("holder", HOLDER)
    return allocation.AllocateStreamRequest(
        sequence=sequence, allocate=allocation.AllocateRequest(business=business, count=count, **fields)
    )


def stream(client, requests, timeout=30):
    return allocation_grpc.AllocationServiceStub(client.channel).AllocateStream(requests, timeout=timeout)


class Sender:
    """The requests of a stream, sent when the test says so."""

    def __init__(self):
        self._queue = queue.SimpleQueue()
        self.taken = 0

    def send(self, request):
        self._queue.put(request)

    def end(self):
        self._queue.put(None)

    def __iter__(self):
        return self

    def __next__(self):
        request = self._queue.get()
        if request is None:
            raise StopIteration
        self.taken += 1
        return request


def test_answers_are_paired_and_each_number_is_given_once(client, business):
    make_pool(client, business)
    counts = {sequence: 1 + sequence * 7 % 100 for sequence in range(500)}
    call = stream(client, (ask(sequence, business, count) for sequence, count in list(counts.items())))
    numbers = []
    for answer in call:
        assert answer.WhichOneof("outcome") == "allocated"
        assert len(answer.allocated.numbers) == counts.pop(answer.sequence)
        assert answer.allocated.lease_id > 0 and answer.allocated.numbers[0].token.generation == 1
        numbers += [number.number for number in answer.allocated.numbers]
    assert call.code() == OK and not counts
    assert len(set(numbers)) == len(numbers) == counter(client, business).allocated == counter(client, business).live


def test_each_request_has_its_own_business_and_sequences_are_the_clients(client, business):
    other = business + "-other"
    make_pool(client, business, "A{serial:6}")
    make_pool(client, other, "B{serial:6}")
    # Sequences aren't looked at: any number, also twice.
    requests = [ask(-5, business), ask(2**63 - 1, other, 2), ask(-5, business), ask(0, other)]
    answers = [(answer.sequence, answer.allocated.numbers[0].number[0]) for answer in stream(client, iter(requests))]
    assert sorted(answers) == sorted([(-5, "A"), (-5, "A"), (2**63 - 1, "B"), (0, "B")])


def test_a_refused_request_is_answered_and_the_stream_goes_on(client, business):
    make_pool(client, business, holder_quota=5)
    client.StopBusiness(business=business, reason="stock-taking")
    sender = Sender()
    call = stream(client, sender)

    def refused(request):
        sender.send(request)
        answer = next(call)
        assert answer.sequence == request.sequence and answer.WhichOneof("outcome") == "refused"
        info = error_details.ErrorInfo()
        assert answer.refused.details[0].Unpack(info) and info.domain == "orderwire" and answer.refused.message
        return answer.refused.code, info.reason, dict(info.metadata), answer.refused

    assert refused(ask(1, business))[:2] == (grpc.StatusCode.FAILED_PRECONDITION.value[0], "BUSINESS_STOPPED")
    client.ResumeBusiness(business=business)
    code, reason, _, status = refused(ask(2, business, 1001))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT.value[0], "COUNT_OUT_OF_RANGE")
    violations = error_details.BadRequest()
    assert status.details[1].Unpack(violations) and violations.field_violations[0].field == "count"
    assert refused(ask(3, "none"))[1] == "POOL_NOT_FOUND"
    assert refused(ask(4, "a b"))[1] == "BUSINESS_INVALID"
    code, reason, _, status = refused(allocation.AllocateStreamRequest(sequence=0))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT.value[0], "MESSAGE_MISSING")
    assert status.details[1].Unpack(violations) and violations.field_violations[0].field == "allocate"
    expected = (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], "HOLDER_QUOTA_EXCEEDED", {"limit": "5", "live": "0"})
    assert refused(ask(5, business, 6))[:3] == expected
    sender.send(ask(6, business, 5))
    assert len(next(call).allocated.numbers) == 5
    sender.end()
    assert list(call) == [] and call.code() == OK
    assert counter(client, business).allocated == 5


def test_a_request_is_repeated_on_another_stream_by_its_id(client, business):
    make_pool(client, business)
    request = ask(1, business, 3, request_id=request_id())
    first = list(stream(client, iter([request])))[0].allocated
    assert first.repeatable
    request.sequence = 9
    assert [(answer.sequence, answer.allocated) for answer in stream(client, iter([request]))] == [(9, first)]
    # On a call of its own as well.
    assert client.Allocate(request.allocate) == first


def test_a_stream_without_a_request_ends_well(client):
    call = stream(client, iter([]))
    assert list(call) == [] and call.code() == OK


def test_a_message_that_cannot_be_decoded_ends_the_stream_after_the_answers_before_it(client, business):
    make_pool(client, business)
    raw = client.channel.stream_stream("/orderwire.v1.AllocationService/AllocateStream")
    call = raw(iter([ask(1, business).SerializeToString(), b"\x0a\xff", ask(2, business).SerializeToString()]), timeout=30)
    answers = []
    with pytest.raises(grpc.RpcError) as error:
        for answer in call:
            answers.append(allocation.AllocateStreamResponse.FromString(answer))
    assert [answer.sequence for answer in answers] == [1]
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert counter(client, business).allocated == 1


def test_a_deadline_ends_the_stream(client, business):
    make_pool(client, business)
    sender = Sender()
    call = stream(client, sender, timeout=1)
    sender.send(ask(1, business))
    assert next(call).sequence == 1
    with pytest.raises(grpc.RpcError) as error:
        next(call)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    sender.end()


def test_a_cancelled_stream_leaves_the_server_whole(client, business):
    make_pool(client, business)
    sender = Sender()
    call = stream(client, sender)
    for sequence in range(200):
        sender.send(ask(sequence, business, 100))
    next(call)
    call.cancel()
    sender.end()
    # What was decided is decided; nothing more comes.
    settled = [-1]
    assert eventually(lambda: settled.append(counter(client, business).allocated) or settled[-1] == settled[-2])
    assert settled[-1] % 100 == 0 and 100 <= settled[-1] <= 20_000
    assert len(list(stream(client, iter([ask(1, business)])))) == 1


def test_a_client_that_does_not_read_is_not_read_and_others_are_served(tmp_path):
    with Server(tmp_path) as server, connect(server, "h2c") as channel, connect(server, "h2c") as other:
        client, bystander = Client(channel), Client(other)
        make_pool(client, "shop", "N{serial:12}")
        sender = Sender()
        call = stream(client, sender, timeout=120)
        requests = 2_000
        for sequence in range(requests):
            sender.send(ask(sequence, "shop", 1000))
        # It comes to rest long before the end: windows and what is in flight are full.
        seen = [-1]

        def rests():
            threading.Event().wait(0.5)
            seen.append(counter(bystander, "shop").allocated)
            return seen[-1] == seen[-2] > 0

        assert eventually(rests, 60)
        assert seen[-1] < requests * 1000 * 0.9
        assert len(list(stream(bystander, iter([ask(1, "shop", 7)])))) == 1
        # Read again, it gets every answer.
        sender.end()
        assert sorted(answer.sequence for answer in call) == list(range(requests))
        assert counter(bystander, "shop").allocated == requests * 1000 + 7
