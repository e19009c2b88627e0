"""The way to a visit, as the patient's page lists it: rules over what home has read, and their words.

Somebody with nothing ahead who has been seen before has no way to go: they pay, and may book again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.scheduling import Appointment
from portal.visits import EARLIEST
from portal.workspaces.home import Home

#: (endpoint, **values) → address
Link = Callable[..., str]


class State(StrEnum):
    """Of a task, in the words of `ui.task_list`."""

    DONE = "done"
    NOW = "now"
    TO_DO = "to_do"
    LATER = "later"
    ATTENTION = "attention"


OPEN = (State.ATTENTION, State.TO_DO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do. `hint` says what else is good to know, `endpoint` and `values` where it is done."""

    title: str
    state: State
    endpoint: str
    values: dict[str, Any]
    hint: str | None = None


def tasks_of(home: Home, link: Link) -> list[dict[str, Any]]:
    """The tasks in order, as `ui.task_list` takes them; at most one is "now": the next step."""
    tasks = [*_paying(home), *(_preparing(home) if _is_on_the_way(home) else _coming_again(home))]
    return [_as_shown(task, home, link) for task in _with_next_step(tasks)]


def _with_next_step(tasks: list[Task]) -> list[Task]:
    """Mark the next step: what asks for attention before what merely stands open."""
    for state in OPEN:
        for index, task in enumerate(tasks):
            if task.state is state:
                return [*tasks[:index], replace(task, state=State.NOW), *tasks[index + 1 :]]
    return tasks


def _as_shown(task: Task, home: Home, link: Link) -> dict[str, Any]:
    href = link(task.endpoint, patient=home.patient.id, **task.values)
    return {"title": task.title, "state": str(task.state), "href": href, "hint": task.hint}


def _is_on_the_way(home: Home) -> bool:
    """A visit is ahead, or there has never been one, or the health questions are being answered for one."""
    is_answering = home.intake is not None and home.intake.state != "completed"
    return home.following is not None or home.last_seen is None or is_answering


def _coming_again(home: Home) -> list[Task]:
    return [Task(title=_("Book another visit"), state=State.TO_DO, endpoint="scheduling.book", values={})]


def _paying(home: Home) -> list[Task]:
    """Oldest first."""
    return [
        Task(title=_("Pay for your visit"), state=State.TO_DO, endpoint="billing.invoice", values={"invoice": one.id})
        for one in reversed(home.open_invoices)
    ]


def _preparing(home: Home) -> list[Task]:
    following = home.following
    about = Task(title=_("About you"), state=State.DONE, endpoint="patients.details", values={})
    way = [about, _intake(home), *_consent(home), _booking(following)]
    return way if following is None else [*way, _device(home), _joining(home, following)]


def _intake(home: Home) -> Task:
    state = home.intake.state if home.intake else "none"
    if state == "stopped":
        title = _("Read our advice, and go on with the health questions")
        return Task(title=title, state=State.ATTENTION, endpoint="intake.advice", values={})
    if state == "in_progress":
        title, hint = _("Go on with the health questions"), _("What you have answered is saved.")
        return Task(title=title, state=State.TO_DO, endpoint="intake.start", values={}, hint=hint)
    if state == "completed" and _is_answered_since(home):
        return Task(title=_("Health questions"), state=State.DONE, endpoint="intake.summary", values={})
    if state == "completed":
        title, hint = _("Answer the health questions again"), _("What seldom changes is filled in already.")
        return Task(title=title, state=State.TO_DO, endpoint="intake.start", values={}, hint=hint)
    title, hint = _("Answer the health questions"), _("About 5 minutes")
    return Task(title=title, state=State.TO_DO, endpoint="intake.start", values={}, hint=hint)


def _is_answered_since(home: Home) -> bool:
    """Whether the answers were sent after the last visit: earlier ones were about that visit."""
    sent = home.intake.completed_at if home.intake else None
    return sent is not None and (home.last_seen is None or sent > home.last_seen)


def _consent(home: Home) -> list[Task]:
    if home.consent.state == "unpublished":
        return []
    if home.consent.state == "signed" and home.consent.signature is not None:
        values = {"signature": home.consent.signature.id}
        return [Task(title=_("Consent"), state=State.DONE, endpoint="consent.signed", values=values)]
    title = _("Read and sign the consent")
    hints = {"outdated": _("It has changed since you signed."), "withdrawn": _("You withdrew it.")}
    hint = hints.get(home.consent.state)
    return [Task(title=title, state=State.TO_DO, endpoint="consent.sign", values={}, hint=hint)]


def _booking(following: Appointment | None) -> Task:
    if following is None:
        return Task(title=_("Book a visit"), state=State.TO_DO, endpoint="scheduling.book", values={})
    values = {"appointment": following.id}
    return Task(title=_("Your visit is booked"), state=State.DONE, endpoint="scheduling.appointment", values=values)


def _device(home: Home) -> Task:
    state = State.DONE if home.tested else State.TO_DO
    return Task(title=_("Test your camera and sound"), state=state, endpoint="visits.device_test", values={})


def _joining(home: Home, following: Appointment) -> Task:
    titles = {"waiting": _("Go back to the waiting room"), "in_progress": _("Go back to your visit")}
    title = titles.get(home.state_of(following), _("Come in to your visit"))
    values = {"visit": following.id}
    if home.is_open(following):
        return Task(title=title, state=State.ATTENTION, endpoint="visits.join", values=values)
    minutes = int(EARLIEST.total_seconds()) // 60
    hint = ngettext(
        "You can come in %(num)s minute before your visit.",
        "You can come in %(num)s minutes before your visit.",
        minutes,
    )
    return Task(title=title, state=State.LATER, endpoint="visits.join", values=values, hint=hint)
