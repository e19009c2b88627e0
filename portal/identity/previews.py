"""Signing in, as somebody sees it who is not signed in."""

from typing import Any

from portal.identity.forms import CodeForm, ContactForm
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.previews import EXAMPLE_PHONE, Preview, register_preview


def _sign_in(part: str) -> dict[str, Any]:
    return {"form": ContactForm(formdata=None), "next": None, "onward": None, "host": wiring().passkeys.host}


def _code(part: str) -> dict[str, Any]:
    return {
        "form": CodeForm(formdata=None),
        "contact": EXAMPLE_PHONE,
        "channel": "sms",
        "live": True,
        "again": "#",
        "change": "#",
        "minutes": wiring().rules.code_minutes,
    }


register_preview(
    Preview(
        name="sign-in",
        place=20,
        signed_in=False,
        template="identity/sign_in.html",
        title=lambda: _("Sign in or sign up"),
        example=_sign_in,
    )
)
register_preview(
    Preview(
        name="code",
        place=21,
        signed_in=False,
        template="identity/code.html",
        title=lambda: _("Write your code"),
        example=_code,
    )
)
