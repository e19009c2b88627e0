"""Operations: given-up work and messages that did not arrive, for whoever answers for the clinic."""

from datetime import timedelta
from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.notifications import count_failed_deliveries
from portal.web.access import db, now, requires
from portal.web.pages import render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes
from portal.workspaces.access import Permission
from portal.workspaces.operations_page import backlog, dead_tasks, retry_all, retry_task
from portal.workspaces.routes import blueprint

SINCE = timedelta(days=14)


@blueprint.get("/staff/operations")
@requires(Permission.OPERATIONS_READ, purpose="operations")
def operations() -> ResponseReturnValue:
    """What was given up, what is behind, what did not arrive."""
    tasks = dead_tasks(db(), after=asked_place())
    return render(
        "workspaces/operations.html",
        tasks=tasks,
        ways=ways(tasks, "workspaces.operations"),
        shown=request.args.get("after"),
        behind=backlog(db(), now=now()),
        troubles=count_failed_deliveries(db(), since=now() - SINCE),
        trouble_days=SINCE.days,
    )


@blueprint.post("/staff/operations/<uuid:task>/retry")
@requires(Permission.OPERATIONS_RETRY, purpose="operations")
@writes
def retry(task: UUID) -> ResponseReturnValue:
    """Try one again."""
    if retry_task(db(), task_id=task, now=now()):
        flash(_("The task will be tried again now."), "success")
    else:
        flash(_("This task is not in the list any more. Nothing was changed."), "warning")
    return see("workspaces.operations")


@blueprint.post("/staff/operations/retry")
@requires(Permission.OPERATIONS_RETRY, purpose="operations")
@writes
def retry_shown() -> ResponseReturnValue:
    """Try all that are shown again."""
    count = retry_all(db(), after=asked_place(), now=now())
    flash(ngettext("%(num)s task will be tried again now.", "%(num)s tasks will be tried again now.", count), "success")
    return see("workspaces.operations")
