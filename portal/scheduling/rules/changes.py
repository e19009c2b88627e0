"""How long a patient may still move or cancel."""

from datetime import datetime, timedelta


def may_still_change(*, starts_at: datetime, change_minutes: int, now: datetime) -> bool:
    """Until `change_minutes` before the start, that instant included. Staff are not bound by it."""
    return now <= starts_at - timedelta(minutes=change_minutes)
