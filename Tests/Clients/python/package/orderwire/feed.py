"""A feed that goes on where it was, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

import grpc

from orderwire.backoff import Backoff
from orderwire.refusal import refusal


class _Response(Protocol):
    """What every watch answers with: its messages, and the cursor after the last of them."""

    @property
    def cursor(self) -> str: ...


Response = TypeVar("Response", bound=_Response)


class _Stream(Protocol[Response]):
    def __iter__(self) -> Iterator[Response]: ...

    def cancel(self) -> bool: ...


class Feed(Generic[Response]):
    """The responses of a watch, each exactly once and in order, over disconnects and restarts of the server.

        feed = Feed(lambda cursor: stub.WatchLocks(WatchLocksRequest(business="shop", cursor=cursor)))
        for response in feed:
            ...                      # keep what you make of it together with response.cursor

    `open` begins the watch: from a cursor, or for the first time from None. Whoever keeps each response's cursor in one
    transaction with its effects, and gives it as `cursor` after a restart of their own, misses and repeats nothing.
    A response counts as had when the next one is asked for.

    What passes by itself (the server restarts, the network is down) is waited for with `backoff`. Everything else is
    raised as grpc.RpcError: a cursor that is too old, a refusal. `close` ends the iteration, from any thread.
    """

    def __init__(
        self,
        open: Callable[[str | None], _Stream[Response]],
        cursor: str | None = None,
        *,
        backoff: Backoff | None = None,
        on_disconnect: Callable[[grpc.RpcError], None] = lambda error: None,
    ) -> None:
        self.cursor = cursor
        self._open = open
        self._backoff = backoff or Backoff()
        self._on_disconnect = on_disconnect
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._stream: _Stream[Response] | None = None

    def __iter__(self) -> Iterator[Response]:
        while not self._closed.is_set():
            stream = self._begin()
            if stream is None:
                return
            try:
                for response in stream:
                    self._backoff.succeeded()
                    yield response
                    self.cursor = response.cursor
                wait = self._backoff.failed()
            except grpc.RpcError as error:
                if self._closed.is_set():
                    return
                why = refusal(error)
                if not why.is_passing:
                    raise
                self._on_disconnect(error)
                wait = self._backoff.failed(why.retry_after)
            finally:
                stream.cancel()
            self._closed.wait(wait)

    def _begin(self) -> _Stream[Response] | None:
        with self._lock:
            if self._closed.is_set():
                return None
            self._stream = self._open(self.cursor)
            return self._stream

    def close(self) -> None:
        """Ends the iteration; a response in hand can still be worked on."""
        with self._lock:
            self._closed.set()
            if self._stream is not None:
                self._stream.cancel()

    def __enter__(self) -> Feed[Response]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
