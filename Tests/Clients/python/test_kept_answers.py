"""A repeated call gets the very bytes of the first answer, after a restart too, and from a store of an older server."""

import contextlib
import sqlite3

import grpc

from api import DEADLINE_SECONDS, Client, allocation, locking, refused
from pools import HOLDER, completion, make_pool, request_id, yuan
from server import Server

SERVICES = {"Allocate": "AllocationService", "Complete": "LockingService", "Release": "LockingService"}
DAY_SECONDS = 86_400


@contextlib.contextmanager
def connected(server):
    with grpc.insecure_channel(server.h2c) as channel:
        yield Client(channel)


class Call:
    """A call whose answer is kept as it came over the wire."""

    def __init__(self, method, request):
        self.method, self.request = method, request
        self.first = None

    def make(self, client):
        path = f"/orderwire.v1.{SERVICES[self.method]}/{self.method}"
        return client.channel.unary_unary(path)(self.request.SerializeToString(), timeout=DEADLINE_SECONDS)

    def make_first(self, client):
        self.first = self.make(client)
        return self.first


def allocating(business, count, **fields):
    request = allocation.AllocateRequest(
        business=business, count=count, holder=HOLDER, request_id=request_id(), **fields
    )
    return Call("Allocate", request)


def completing(business, numbers, amount=None):
    items = [completion(number, amount) for number in numbers]
    request = locking.CompleteRequest(business=business, holder=HOLDER, completions=items, request_id=request_id())
    return Call("Complete", request)


def releasing(business, numbers):
    items = [locking.NumberRelease(number=number.number, token=number.token) for number in numbers]
    request = locking.ReleaseRequest(business=business, holder=HOLDER, releases=items, request_id=request_id())
    return Call("Release", request)


def numbers_of(call):
    return allocation.AllocateResponse.FromString(call.first).numbers


TEMPLATES = {
    "plain": dict(template="SO{serial:6}"),
    "dated": dict(template="{business}{timestamp:yyyyMMddHHmmss}-{serial:8}{check:11,10}", time_zone="Asia/Shanghai"),
    "letters": dict(template="{serial:7,36}{check:37,36}", serial_period=allocation.SERIAL_PERIOD_NEVER),
    "hidden": dict(template="X{serial:8}", unguessable_serials=True),
}


def make_every_kind(client):
    """Calls of every shape of an answer, made once."""
    calls = []

    def made(call):
        call.make_first(client)
        calls.append(call)
        return call

    for business, settings in TEMPLATES.items():
        make_pool(client, business, reuse_policy=allocation.REUSE_POLICY_AT_ONCE, **settings)
        made(allocating(business, 1))
        first = made(allocating(business, 10, lease_ttl={"seconds": 3_600}))
        second = made(allocating(business, 30))
        lease = client.CreateLease(business=business, holder=HOLDER, ttl={"seconds": DAY_SECONDS}).lease.lease_id
        # What comes back is not in a row, and comes again with a higher generation.
        made(releasing(business, [numbers_of(second)[place] for place in (3, 4, 5, 9, 20)]))
        mixed = made(allocating(business, 12, lease_id=lease))
        assert {number.token.generation for number in numbers_of(mixed)} == {1, 2}
        made(completing(business, numbers_of(first)[:7], yuan(100)))
        made(completing(business, numbers_of(first)[7:8]))
        # Some are completed already, at another time.
        made(completing(business, numbers_of(first)[7:]))
        made(releasing(business, numbers_of(mixed)))
        client.UpdatePool(
            pool=allocation.Pool(business=business, template="NEW-{serial:9}"), update_mask={"paths": ["template"]}
        )
        changed = made(allocating(business, 3))
        assert all(number.number.startswith("NEW-") for number in numbers_of(changed))
    return calls


def check_repeats(calls, client):
    for call in calls:
        assert call.make(client) == call.first, call.request


def check_another_body(calls, client):
    """The id is of another request, whose answer doesn't fit this one."""
    call = next(call for call in calls if call.method == "Complete")
    request = locking.CompleteRequest()
    request.CopyFrom(call.request)
    request.completions.pop()
    refusal = refused(client.Complete, request)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
    assert refusal.metadata["field"] == "request_id"


def test_a_repeat_gets_the_same_bytes(tmp_path):
    with Server(tmp_path) as server, connected(server) as client:
        calls = make_every_kind(client)
        check_repeats(calls, client)
        server.kill()
    for _ in range(2):
        with Server(tmp_path) as server, connected(server) as client:
            check_repeats(calls, client)
            check_another_body(calls, client)
            server.stop()


def test_a_repeat_right_after_the_template_changed(tmp_path):
    """Who repeats knows no template older than that of the numbers."""
    with Server(tmp_path) as server, connected(server) as client:
        make_pool(client, "shop")
        client.ParseNumber(business="shop", number="SO000001")
        for change in range(5):
            client.UpdatePool(
                pool=allocation.Pool(business="shop", template=f"N{change}" + "-{serial:6}"),
                update_mask={"paths": ["template"]},
            )
            call = allocating("shop", 2)
            call.make_first(client)
            assert numbers_of(call)[0].number.startswith(f"N{change}-")
            check_repeats([call], client)


def make_older(store, answers):
    """The rows as they were before a batch had one: a row a request, with the response itself as the answer."""
    database = sqlite3.connect(store)
    with contextlib.closing(database), database:
        chunks = database.execute("SELECT first, boot_us, key_hashes, entries FROM request_chunk ORDER BY last").fetchall()
        database.execute("DROP TABLE request_chunk")
        database.execute("DELETE FROM migration WHERE capability = 'request' AND number = 3")
        database.execute(
            "CREATE TABLE request (sequence INTEGER PRIMARY KEY, key_hash BIGINT NOT NULL, boot_us BIGINT NOT NULL,"
            " business TEXT NOT NULL, caller TEXT NOT NULL, method TEXT NOT NULL, request_id TEXT NOT NULL,"
            " body_hash BLOB NOT NULL, answer BLOB NOT NULL)"
        )
        for first, boot, hashes, entries in chunks:
            for place, (caller, business, method, identity, body_hash, answer) in enumerate(parts(entries)):
                key_hash = int.from_bytes(hashes[8 * place : 8 * place + 8], "little", signed=True)
                identity = identity.decode()
                row = (first + place, key_hash, boot, business.decode(), caller.decode(), method.decode(), identity)
                database.execute(
                    "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, body_hash, answers.get(identity, answer)),
                )


def parts(entries):
    """The requests of a row: caller, business, method, id, hash of the body, answer."""
    position, names = 0, None

    def text():
        nonlocal position
        length = shift = 0
        while True:
            byte = entries[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        position += length
        return entries[position - length : position]

    while position < len(entries):
        same = entries[position]
        position += 1
        names = names if same else (text(), text(), text())
        yield (*names, text(), text(), text())


def test_what_an_older_server_kept_is_answered(tmp_path):
    with Server(tmp_path) as server, connected(server) as client:
        calls = make_every_kind(client)
        server.stop()
    make_older(server.store, {call.request.request_id: call.first for call in calls})
    for _ in range(2):
        with Server(tmp_path) as server, connected(server) as client:
            check_repeats(calls, client)
            check_another_body(calls, client)
            # And what is new beside it.
            call = allocating("plain", 2)
            call.make_first(client)
            check_repeats([call], client)
            calls.append(call)
            server.stop()
