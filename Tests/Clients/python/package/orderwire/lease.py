"""A lease that is kept alive in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import grpc

from orderwire.backoff import Backoff
from orderwire.refusal import Refusal, refusal
from orderwire.v1 import locking_pb2, locking_pb2_grpc


class LeaseLost(Exception):
    """The lease ran out, or may have: its numbers may be another's. `why` is the last failure, if there was one."""

    def __init__(self, why: Refusal | None) -> None:
        super().__init__(why.message if why else "the lease was not renewed in time")
        self.why = why


class KeptLease:
    """Makes a lease, renews it in the background, and says for certain when it can't be relied on any more.

        with KeptLease(stub, business="shop", holder="checkout-1", ttl=30) as lease:
            allocation.Allocate(AllocateRequest(business="shop", count=1, holder="checkout-1", lease_id=lease.id))
            lease.check()            # raises LeaseLost

    The time to live counts from when a renewal was *sent* that succeeded, by a clock that runs through suspend, so that
    the lease never lives longer here than on the server. `lost` is set from then on; a server that says that there is no
    such lease sets it at once. Leaving the block stops the renewals; the lease ends when its time is over, or earlier with
    the last of its numbers. Times are in seconds.

        state    event                          then                       state
        kept     renew_every passed             renews                     kept
        kept     renewed                        the ttl begins anew        kept
        kept     refused, may pass              tries again with back-off  kept
        kept     refused for good               on_lost                    lost
        kept     the ttl passed                 on_lost                    lost
        kept     closed                         no more renewals           closed
        lost     anything                       nothing                    lost
    """

    def __init__(
        self,
        stub: locking_pb2_grpc.LockingServiceStub,
        *,
        business: str,
        holder: str,
        ttl: float | None = None,
        renew_every: float | None = None,
        request_id: str = "",
        backoff: Backoff | None = None,
        on_lost: Callable[[Refusal | None], None] = lambda why: None,
        clock: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._stub = stub
        self._clock = clock
        self._backoff = backoff or Backoff(most=2.0)
        self._on_lost = on_lost
        self._why: Refusal | None = None
        request = locking_pb2.CreateLeaseRequest(business=business, holder=holder, request_id=request_id)
        if ttl is not None:
            request.ttl.FromNanoseconds(round(ttl * 1_000_000_000))
        sent = clock()
        lease = stub.CreateLease(request).lease
        self.id: int = lease.lease_id
        self.business, self.holder = business, holder
        self.ttl: float = lease.ttl.seconds + lease.ttl.nanos / 1e9
        self._ends = sent + self.ttl
        # Two tries may fail before it runs out.
        self._renew_every = self.ttl / 3 if renew_every is None else renew_every
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{self.id}", daemon=True)
        self._thread.start()

    @property
    def remaining(self) -> float:
        """How long the lease lives at least, if it isn't renewed any more; 0 if it is lost."""
        return 0.0 if self._lost.is_set() else max(0.0, self._ends - self._clock())

    @property
    def is_lost(self) -> bool:
        """Whether the numbers may be another's. Once it is true it stays so."""
        # Whoever was stopped for a while may ask before the thread has had its turn.
        return self._lost.is_set() or self._clock() >= self._ends

    def check(self) -> None:
        """Raises LeaseLost if the lease is lost."""
        if self.is_lost:
            raise LeaseLost(self._why)

    def wait_lost(self, timeout: float | None = None) -> bool:
        """Waits until the lease is lost, and says whether it is."""
        return self._lost.wait(timeout)

    def close(self) -> None:
        """Stops the renewals. The lease lives on until its time is over."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> KeptLease:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self) -> None:
        wait = self._renew_every
        while not self._stop.wait(min(wait, max(0.0, self._ends - self._clock()))):
            sent = self._clock()
            if sent >= self._ends:
                return self._lose(self._why)
            try:
                self._renew(self._ends - sent)
            except grpc.RpcError as error:
                self._why = refusal(error)
                if not self._may_pass(self._why):
                    return self._lose(self._why)
                wait = self._backoff.failed(self._why.retry_after)
            else:
                self._why = None
                self._ends = sent + self.ttl
                self._backoff.succeeded()
                wait = self._renew_every

    @staticmethod
    def _may_pass(why: Refusal) -> bool:
        # A renewal does no harm twice, so one whose outcome isn't known is simply tried again.
        return why.is_passing or why.code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)

    def _renew(self, timeout: float) -> None:
        # A third of the time at most: a call that hangs must leave room for another try.
        self._stub.Renew(
            locking_pb2.RenewRequest(business=self.business, lease_id=self.id, holder=self.holder),
            timeout=max(0.05, min(timeout, self.ttl / 3)),
        )

    def _lose(self, why: Refusal | None) -> None:
        self._lost.set()
        self._on_lost(why)
