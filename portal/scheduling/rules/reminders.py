"""When somebody is reminded of an appointment: a page promises what the jobs send."""

from datetime import datetime, timedelta

REMINDERS = (("24h", timedelta(hours=24)), ("1h", timedelta(hours=1)))


def reminders_ahead(*, starts_at: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """(which one, when it is due) of those that are still to come."""
    return [(label, starts_at - before) for label, before in REMINDERS if starts_at - before > now]
