"""How long to wait before the next try."""

from __future__ import annotations

import dataclasses
import random


@dataclasses.dataclass
class Backoff:
    """Waits that grow from one failure to the next, up to a bound, and differ between clients.

    The figures are those of gRPC's connection back-off, but with a first wait that suits a server that restarts.
    All times are in seconds.
    """

    first: float = 0.1
    most: float = 20.0
    factor: float = 1.6
    # A wait is up to this part of it shorter or longer, so that clients that failed together don't come back together.
    jitter: float = 0.2
    random: random.Random = dataclasses.field(default_factory=random.Random, repr=False)
    _next: float | None = dataclasses.field(default=None, init=False, repr=False)

    def failed(self, at_least: float | None = None) -> float:
        """The wait after one more failure; not less than what the server asked for."""
        wait = self.first if self._next is None else self._next
        self._next = min(wait * self.factor, self.most)
        wait *= 1 + self.random.uniform(-self.jitter, self.jitter)
        return max(wait, at_least or 0.0)

    def succeeded(self) -> None:
        """The next failure is a first one again."""
        self._next = None
