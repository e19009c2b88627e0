"""Jinja's environments, pages', messages' and papers' alike, say their texts in the reader's language."""

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from portal.kernel.bidi import inserted, settled
from portal.kernel.locale import current_locale, gettext, ngettext, npgettext, pgettext


def speak(environment: Any) -> None:
    """Templates of an environment with Jinja's i18n extension say their texts in the reader's language."""
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        environment.globals[name] = _isolating(environment.globals[name])
    environment.filters["settled"] = _settled


def _settled(text: Any) -> Any:
    """A name that stands by itself, where no `<bdi>` is around it."""
    return settled(text, current_locale().direction)


def _isolating(say: Callable[..., str]) -> Callable[..., str]:
    # Jinja fills the placeholders by itself, since it has to escape what is put in.
    @pass_context
    def said(context: Context, *texts: Any, **values: Any) -> str:
        return say(context, *texts, **(inserted(values, current_locale().direction) if values else values))

    return said
