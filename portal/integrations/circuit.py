"""A circuit breaker: a partner that keeps failing is left alone for a while, then tried with one call."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from portal.kernel.logs import Code

log = logging.getLogger("portal.integrations")

State = Literal["closed", "open", "half-open"]


class Circuit:
    """One partner's, in this process. Safe to share between threads; `clock` counts seconds."""

    def __init__(
        self, name: str, *, failures: int = 5, rest: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._again_at: float | None = None

    @property
    def state(self) -> State:
        """Closed: calls go through. Open: none does. Half-open: one may try."""
        with self._lock:
            return self._state()

    def lets_through(self) -> bool:
        """Whether a call may be made now. In half-open only the first, until it is known how that one went."""
        with self._lock:
            state = self._state()
            if state == "half-open":
                self._again_at = self._clock() + self._rest
            return state != "open"

    def worked(self) -> None:
        """The partner answered."""
        with self._lock:
            if self._again_at is not None:
                log.info("partner %s answers again", Code(self.name))
            self._failed = 0
            self._again_at = None

    def failed(self) -> None:
        """The partner did not answer, or said that it cannot."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                if self._again_at is None:
                    log.warning("partner %s fails and is left alone", Code(self.name))
                self._again_at = self._clock() + self._rest

    def _state(self) -> State:
        if self._again_at is None:
            return "closed"
        return "open" if self._clock() < self._again_at else "half-open"
