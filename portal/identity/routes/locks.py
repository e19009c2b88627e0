"""A locked screen: locking it, and opening it again at the same place.

A form that came meanwhile (lock_door.py) is shown after unlocking as one that a press sends on, with its own key.
"""

from dataclasses import replace

from flask import g, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import (
    PasswordRefused,
    PinRefused,
    TooManyPasswords,
    UnlockRefused,
    count_password_attempt,
    count_unlock_try,
    end_session,
    lock_session,
    open_form,
    prove_passkey,
    show_password,
    show_pin,
    unlock_session,
)
from portal.identity.passkeys import PasskeyRefused
from portal.identity.passwords import PasswordsBusy
from portal.identity.pc_forms import UnlockForm
from portal.identity.queries import contact_of_account, passkeys_of
from portal.identity.routes.asking import ask_for_passkey, spend
from portal.identity.routes.blueprint import blueprint, next_path, session_holder, wait_in_words
from portal.identity.routes.devices import known_device
from portal.identity.sessions import has_password, has_pin, shared_pc_rules
from portal.identity.wiring import wiring
from portal.kernel.errors import NotFound
from portal.kernel.ids import new_id
from portal.kernel.locale import gettext as _
from portal.web.access import (
    browser_token,
    db,
    now,
    principal,
    requires,
    safe_next,
    sign_in_browser,
    sign_out_browser,
)
from portal.web.pages import render, see, wants_fragment
from portal.web.transactions import in_second_transaction, writes

USE = "unlock"


@blueprint.get("/lock")
@requires(Permission.SESSION_LOCK, purpose="factors", while_locked=True)
def lock_page() -> ResponseReturnValue:
    """The lock: who locked it, and what opens it. A link does not lock anything."""
    if not g.signed_in.is_locked:
        return redirect(_back(), 303)
    return _page(UnlockForm(formdata=None))


@blueprint.post("/lock")
@requires(Permission.SESSION_LOCK, purpose="factors", while_locked=True)
@writes
def lock() -> ResponseReturnValue:
    """Lock this browser's session."""
    if not g.signed_in.is_locked:
        lock_session(db(), now=now())
        record_event(db(), what="session-locked")
    return see("identity.lock_page", next=next_path())


@blueprint.post("/here")
@requires(Permission.SESSION_LOCK, purpose="sessions")
@writes
def here() -> ResponseReturnValue:
    """A page says that somebody reads or writes on it."""
    return "", 204


@blueprint.post("/unlock")
@requires(Permission.SESSION_LOCK, purpose="factors", while_locked=True)
@writes
def unlock() -> ResponseReturnValue:
    """Open the session again; the browser gets another token."""
    form = UnlockForm()
    if not g.signed_in.is_locked:
        return _opened(form)
    if not form.validate():
        return _page(form, status=422)
    try:
        with in_second_transaction() as short:
            left = count_unlock_try(short, now=now())
        how = _prove(form)
        token = unlock_session(db(), token=str(browser_token()), now=now())
    except UnlockRefused:
        return _ended()
    except NotFound:
        # Another tab was first, and this browser holds its token.
        return redirect(_back(), 303)
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return _page(form, status=503)
    except TooManyPasswords as limit:
        form.form_errors.append(wait_in_words(limit.wait))
        return _page(form, status=429)
    except (PinRefused, PasswordRefused, PasskeyRefused):
        return _refused(form, left=left)
    record_event(db(), what=f"session-unlocked:{how}")
    sign_in_browser(token, replace(g.signed_in, is_locked=False))
    return _opened(form)


@blueprint.post("/unlock/question")
@requires(Permission.SESSION_LOCK, purpose="factors", while_locked=True)
@writes
def unlock_question() -> ResponseReturnValue:
    """A question for one of the person's passkeys."""
    return ask_for_passkey(use=USE, holder=session_holder(), account_id=principal().actor_id)


def _prove(form: UnlockForm) -> str:
    """How it was shown; raises PinRefused, PasswordRefused, PasskeyRefused, TooManyPasswords, PasswordsBusy."""
    account_id = principal().actor_id
    if answer := form.passkey.data:
        challenge = spend(answer=answer, use=USE, holder=session_holder(), account_id=account_id)
        prove_passkey(db(), account_id=account_id, answer=answer, challenge=challenge, now=now())
        return "passkey"
    if form.pin.data:
        show_pin(db(), pin=form.pin.data)
        return "pin"
    email = contact_of_account(db(), account_id=account_id).target
    with in_second_transaction() as short:
        count_password_attempt(short, email=email, address=principal().address, device=known_device(), now=now())
    show_password(db(), password=str(form.password.data))
    return "password"


def _refused(form: UnlockForm, *, left: int) -> ResponseReturnValue:
    with in_second_transaction() as short:
        record_event(short, what="unlock-refused")
    if left == 0:
        return _ended()
    form.form_errors.append(_("That does not open this screen. Try again, or sign in anew."))
    return _page(form, status=422)


def _ended() -> ResponseReturnValue:
    """Tried too often: whoever it is signs in, and comes back to the same place."""
    with in_second_transaction() as short:
        end_session(short, token=str(browser_token()), now=now())
    back = _back()
    sign_out_browser()
    target = url_for("identity.staff_sign_in", next=back)
    if wants_fragment():
        return make_response("", 204, {"HX-Redirect": target})
    return redirect(target, 303)


def _opened(form: UnlockForm) -> ResponseReturnValue:
    """On to where one was; a page that stays, as beside a call, is told so by an event of htmx."""
    held = open_form(db(), sealed=form.held.data) if form.held.data else None
    if held is not None:
        path, fields = held
        own = {"csrf_token": generate_csrf(), "idempotency_key": str(new_id())}
        missing = [(name, value) for name, value in own.items() if name not in dict(fields)]
        return render("identity/held.html", target=path, fields=[*missing, *fields])
    if wants_fragment():
        return make_response("", 204, {"HX-Trigger": "unlocked"})
    return redirect(_back(), 303)


def _back() -> str:
    return next_path() or wiring().landing(principal())


def _page(form: UnlockForm, *, status: int = 200) -> ResponseReturnValue:
    account_id, with_password = principal().actor_id, has_password(db())
    if form.password.errors and not with_password:
        form.password.errors = []
        form.form_errors.append(_("Write your PIN, or use a passkey."))
    return render(
        "identity/locked.html",
        fragment="panel",
        form=form,
        who=g.signed_in.name,
        back=safe_next(next_path()),
        with_password=with_password,
        pin=has_pin(db()) and shared_pc_rules(db()).pin_allowed,
        question=url_for("identity.unlock_question") if passkeys_of(db(), account_id=account_id) else None,
        host=wiring().passkeys.host,
        beside=wants_fragment(),
        status=status,
    )
