"""What a client knows of the numbers it was given, call by call, and what must therefore be true of the server.

Each `Caller` makes one call after another, on numbers of its own. A call that was cut off may or may not have
happened; repeated with the same request_id it must give an answer, and then nothing is unknown any more.
"""

import dataclasses
import random
import threading
import time

import grpc

from api import Client, allocation, locking, uuid7
from pools import completion, yuan

# What a call ends with when its server dies under it. Anything else is a bug.
CUT_OFF = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}


@dataclasses.dataclass
class Held:
    """A number in somebody's hands, or what became of it."""

    number: allocation.AllocatedNumber
    business: str
    holder: str
    amount: int = 0
    state: int = locking.LOCK_STATE_LIVE
    taken: float = 0  # when the answer was here
    given_back: float = 0  # when its release was asked for

    @property
    def key(self):
        return (self.business, self.number.number, self.number.token.generation)


@dataclasses.dataclass
class Call:
    method: str
    request: object
    held: list = dataclasses.field(default_factory=list)
    answer: object = None
    began: float = 0


class Caller:
    """One holder; allocates, completes and releases at random until its server is gone."""

    def __init__(self, name, businesses, seed):
        self.name, self.businesses = name, businesses
        self.random = random.Random(seed)
        self.held, self.calls, self.cut_off, self.failure = [], [], None, None

    def next_call(self):
        live = [one for one in self.held if one.state == locking.LOCK_STATE_LIVE]
        kind = self.random.choice(["Allocate", "Allocate", "Complete", "Release"]) if live else "Allocate"
        request_id = uuid7(time.time_ns() // 1_000_000)
        if kind == "Allocate":
            business = self.random.choice(self.businesses)
            request = allocation.AllocateRequest(
                business=business, count=self.random.randint(1, 5), holder=self.name, request_id=request_id
            )
            return Call("Allocate", request)
        business = self.random.choice(live).business
        mine = [one for one in live if one.business == business]
        some = self.random.sample(mine, self.random.randint(1, min(4, len(mine))))
        if kind == "Complete":
            amount = self.random.randint(0, 10_000)
            for one in some:
                one.amount = amount
            request = locking.CompleteRequest(
                business=business, holder=self.name, request_id=request_id,
                completions=[completion(one.number, yuan(amount)) for one in some],
            )
        else:
            request = locking.ReleaseRequest(
                business=business, holder=self.name, request_id=request_id,
                releases=[locking.NumberRelease(number=one.number.number, token=one.number.token) for one in some],
            )
        return Call(kind, request, some)

    def make(self, client, call):
        """Makes a call and takes note of its answer."""
        call.began = call.began or time.monotonic()
        if call.method == "Release":
            for one in call.held:
                one.given_back = one.given_back or call.began
        call.answer = getattr(client, call.method)(call.request)
        self.calls.append(call)
        if call.method == "Allocate":
            now = time.monotonic()
            call.held = [Held(number, call.request.business, self.name, taken=now) for number in call.answer.numbers]
            assert len(call.held) == call.request.count
            self.held += call.held
        else:
            done = locking.LOCK_STATE_COMPLETED if call.method == "Complete" else locking.LOCK_STATE_RELEASED
            for one in call.held:
                one.state = done

    def run(self, client):
        """Calls until the connection breaks; what was cut off is kept for `settle`."""
        try:
            while True:
                call = self.next_call()
                try:
                    self.make(client, call)
                except grpc.RpcError as error:
                    assert error.code() in CUT_OFF, f"{call.method}: {error.code()} {error.details()}"
                    self.cut_off = call
                    return
        except BaseException as failure:  # for the test's thread to raise
            self.failure = failure

    def settle(self, client):
        """Repeats the call that was cut off: it must be answered, whether it had happened or not."""
        if self.cut_off:
            call, self.cut_off = self.cut_off, None
            self.make(client, call)

    def repeat_some(self, client, count):
        """Calls that were answered give the same answer again."""
        for call in self.random.sample(self.calls, min(count, len(self.calls))):
            again = getattr(client, call.method)(call.request)
            if call.method == "Allocate":
                # The moment of expiry is told on the wall clock of the moment of telling.
                assert [(n.number, n.token) for n in again.numbers] == [(n.number, n.token) for n in call.answer.numbers]
            else:
                assert again == call.answer


def load(address, callers):
    """Starts all callers, each on a connection of its own; the returned function waits for their end."""
    threads, channels = [], []
    for caller in callers:
        # Without the option grpcio gives channels to one address the same connection.
        channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        channels.append(channel)
        threads.append(threading.Thread(target=caller.run, args=(Client(channel),)))
    for thread in threads:
        thread.start()

    def join():
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "a call hangs"
        for channel in channels:
            channel.close()
        for caller in callers:
            if caller.failure:
                raise caller.failure

    return join


def expected(callers, business):
    """What the counters must say when nothing is unknown."""
    held = [one for caller in callers for one in caller.held if one.business == business]
    states = [one.state for one in held]
    completed = [one for one in held if one.state == locking.LOCK_STATE_COMPLETED]
    return {
        "allocated": len(held),
        "live": states.count(locking.LOCK_STATE_LIVE),
        "completed": len(completed),
        "released": states.count(locking.LOCK_STATE_RELEASED),
        "expired": 0,
        "reused": sum(one.number.token.generation > 1 for one in held),
        "amount": sum(one.amount for one in completed),
    }


def check_nobody_shared_a_number(callers):
    """Of one number each generation had one holder, and began after the one before was given back."""
    owners = {}
    for one in (one for caller in callers for one in caller.held):
        assert one.key not in owners, f"{one.key} was given to {owners[one.key].holder} and {one.holder}"
        owners[one.key] = one
    for (business, number, generation), one in owners.items():
        if generation > 1:
            before = owners.get((business, number, generation - 1))
            assert before, f"{number} skipped a generation"
            assert before.state == locking.LOCK_STATE_RELEASED, f"{number} was taken from its holder"
            assert before.given_back <= one.taken, f"{number} went out before it came back"
