"""Work of workspaces that comes round by the clock."""

from datetime import datetime
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.tasks import schedule, scheduled
from portal.workspaces.checkpoint_mail import mail_checkpoint
from portal.workspaces.review_mail import ask_for_review
from portal.workspaces.watch import watch_record

WATCH = "workspaces.watch_record"


@scheduled(kind=WATCH, purpose="audit-watch")
def watch(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """Every ten minutes: what is unusual in who saw what. Goes on at once when much has gathered."""
    if watch_record(session, now=now):
        schedule(session, kind=WATCH, subject_id=subject_id, key=f"watch-on:{subject_id}:{now.isoformat()}", due_at=now)


@scheduled(kind="workspaces.ask_for_review", purpose="access-review")
def ask(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """Once a day: whether somebody has to go through who may do what."""
    ask_for_review(session, now=now)


@scheduled(kind="workspaces.mail_checkpoint", purpose="audit-mail")
def mail(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """Once a week: the newest checkpoint to those who answer for the clinic."""
    mail_checkpoint(session, now=now)
