"""A second factor shown again before what weighs more, in the middle of whatever somebody was doing.

A page is asked for again afterwards. A form is carried along in hidden fields and sent on, by 307, to where it was
going, with its own key: nothing that was typed is lost, with or without JavaScript. Files are not carried.
"""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.forms import StepUpForm
from portal.identity.operations import (
    FactorRefused,
    TooManyFactors,
    count_factor_attempt,
    note_step_up,
    prove_factor,
    prove_passkey,
    renew_token,
)
from portal.identity.passkeys import PasskeyRefused
from portal.identity.queries import authenticators_of, is_stepped_up, passkeys_of
from portal.identity.routes.asking import ask_for_passkey, spend
from portal.identity.routes.blueprint import blueprint, next_path, session_holder, wait_in_words
from portal.identity.routes.devices import known_device
from portal.identity.rules import ACTIONS
from portal.identity.wiring import wiring
from portal.kernel.ids import new_id
from portal.kernel.locale import gettext as _
from portal.web.access import browser_token, db, now, principal, requires, safe_next, sign_in_browser
from portal.web.origin import refuse_foreign_page
from portal.web.pages import render, wants_fragment
from portal.web.transactions import carries_form, in_second_transaction, writes

OWN_FIELDS = frozenset({"step_up_code", "step_up_passkey"})


def ask_step_up(action: str, *, since: datetime | None = None) -> ResponseReturnValue | None:
    """None when enough was shown for the action; else the page that asks, with the form that was sent.

    `since`: what was shown before that does not count.
    """
    if is_stepped_up(db(), action=action, since=since, now=now()):
        return None
    back = request.full_path.rstrip("?")
    if request.method == "POST" and not wants_fragment():
        # A foreign page's form must not be carried over our own page: the door asks before these checks are made.
        refuse_foreign_page()
        cast(Any, current_app.extensions["csrf"]).protect()
        return _page(StepUpForm(formdata=None), action=action, back=back, send=True, status=403)
    if wants_fragment():
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = page.path + (f"?{page.query}" if page.query else "")
        return "", 401, {"HX-Redirect": _address(action, back, send=False)}
    return redirect(_address(action, back, send=False), 303)


@blueprint.route("/step-up", methods=["GET", "POST"])
@requires(Permission.FACTOR_OWN, purpose="factors")
@writes
@carries_form
def step_up() -> ResponseReturnValue:
    """The code again; then on to what was wanted."""
    # A link may not have a form of nobody's making sent: only the page that followed a form sends one on.
    action, send = request.args.get("action", ""), request.method == "POST" and "send" in request.args
    if action not in ACTIONS:
        abort(404)
    back = next_path() or wiring().landing(principal())
    form = StepUpForm()
    if not form.validate_on_submit():
        status = 422 if request.method == "POST" else 200
        return _page(form, action=action, back=back, send=send, status=status)
    try:
        how = _prove(form, action=action)
    except PasskeyRefused:
        form.form_errors.append(_("That passkey does not work here. Write a code instead."))
        _note_refusal()
        return _page(form, action=action, back=back, send=send, status=422)
    except TooManyFactors as limit:
        form.form_errors.append(wait_in_words(limit.wait))
        return _page(form, action=action, back=back, send=send, status=429)
    except FactorRefused:
        form.step_up_code.errors = [_("That code does not work. Wait for the next one and write that.")]
        _note_refusal()
        return _page(form, action=action, back=back, send=send, status=422)
    note_step_up(db(), action=action, now=now())
    record_event(db(), what=f"step-up:{action}:{how}")
    # More may be done from now on: the browser gets another token, and the old one is void.
    sign_in_browser(renew_token(db(), token=str(browser_token())), g.signed_in)
    return redirect(back, 307 if send else 303)


@blueprint.post("/step-up/question")
@requires(Permission.FACTOR_OWN, purpose="factors")
@writes
def step_up_question() -> ResponseReturnValue:
    """A question for one of the person's passkeys, for this action."""
    action = request.args.get("action", "")
    if action not in ACTIONS:
        abort(404)
    return ask_for_passkey(use=f"step-up:{action}", holder=session_holder(), account_id=principal().actor_id)


def _prove(form: StepUpForm, *, action: str) -> str:
    """How it was shown; raises PasskeyRefused, FactorRefused, TooManyFactors."""
    account_id = principal().actor_id
    if answer := form.step_up_passkey.data:
        use, holder = f"step-up:{action}", session_holder()
        challenge = spend(answer=answer, use=use, holder=holder, account_id=account_id)
        prove_passkey(db(), account_id=account_id, answer=answer, challenge=challenge, now=now())
        return "passkey"
    with in_second_transaction() as short:
        attempt = count_factor_attempt(
            short, account_id=account_id, address=principal().address, device=known_device(), now=now()
        )
    code = str(form.step_up_code.data)
    return prove_factor(db(), account_id=account_id, code=code, attempt_id=attempt, now=now())


def _note_refusal() -> None:
    with in_second_transaction() as short:
        record_event(short, what="step-up-refused")


def _address(action: str, back: str, *, send: bool) -> str:
    values = {"action": action, "next": back} | ({"send": "1"} if send else {})
    return f"{url_for('identity.step_up')}?{urlencode(values)}"


def _page(form: StepUpForm, *, action: str, back: str, send: bool, status: int) -> ResponseReturnValue:
    account_id = principal().actor_id
    passkeys = passkeys_of(db(), account_id=account_id)
    return render(
        "identity/step_up.html",
        form=form,
        question=url_for("identity.step_up_question", action=action) if passkeys else None,
        host=wiring().passkeys.host,
        target=_address(action, back, send=send),
        carried=_carried(),
        enrolled=bool(passkeys or authenticators_of(db(), account_id=account_id)),
        # Who has shown both factors at the provider comes to set one of ours up.
        first=principal().is_staff and action != "factors",
        again=url_for(
            "identity.staff_sign_in" if principal().is_staff else "identity.sign_in",
            next=None if send else safe_next(back),
        ),
        status=status,
    )


def _carried() -> list[tuple[str, str]]:
    """The form's own fields, and a token and a key where it brings none."""
    own = {"csrf_token": generate_csrf(), "idempotency_key": str(new_id())}
    given = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS | {"csrf_token"}]
    missing = own.keys() - {name for name, _value in given}
    return [(name, own[name]) for name in sorted(missing)] + given
