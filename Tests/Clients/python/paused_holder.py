"""A holder as a process of its own, which test_lease_safety.py pauses. It takes a number under a lease that it keeps alive
by a stream, and says so in a line of JSON. Told to go on, it tries everything that its token and its lease are good for, and
says how each attempt was answered."""

import json
import queue
import sys

import grpc
from google.protobuf.duration_pb2 import Duration

from api import Client, locking, refusal
from pools import allocate, complete, release, request_id

KEEP_ALIVE_SECONDS = 0.2


def outcome(call):
    try:
        call()
    except grpc.RpcError as error:
        refused = refusal(error)
        return [refused.code.name, refused.reason, refused.metadata.get("field", "")]
    return "done"


def main(address, business, holder, ttl):
    client = Client(grpc.insecure_channel(address))
    lease = client.CreateLease(business=business, holder=holder, ttl=Duration(seconds=int(ttl))).lease.lease_id
    number = allocate(client, business, holder=holder, lease_id=lease).numbers[0]
    order = queue.Queue()

    def keep():
        while order.empty():
            yield locking.KeepAliveRequest(business=business, lease_id=lease, holder=holder)
            try:
                order.get(timeout=KEEP_ALIVE_SECONDS)
                return
            except queue.Empty:
                pass

    kept = client.KeepAlive(keep(), timeout=120)
    next(kept)
    print(json.dumps({"number": number.number, "generation": number.token.generation}), flush=True)
    # The process stands still in here, and wakes to this.
    sys.stdin.readline()
    answers = {"keep alive": outcome(lambda: [None for _ in kept])}
    order.put(None)
    answers |= {
        "complete": outcome(lambda: complete(client, business, [number], holder=holder)),
        "release": outcome(lambda: release(client, business, [number], holder=holder)),
        "renew": outcome(
            lambda: client.Renew(business=business, lease_id=lease, holder=holder, request_id=request_id())
        ),
        "allocate": outcome(lambda: allocate(client, business, holder=holder, lease_id=lease)),
    }
    print(json.dumps(answers), flush=True)


main(*sys.argv[1:])
