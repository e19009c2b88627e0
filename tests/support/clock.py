"""A clock that a test moves."""

from datetime import datetime, timedelta

from portal.kernel.clock import utc_now


class Clock:
    """Callable that returns the instant which the application takes for now."""

    def __init__(self) -> None:
        self.now = utc_now().replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Move on by a timedelta's arguments; returns the new instant."""
        self.now += timedelta(**duration)
        return self.now
