"""Forms of how the clinic looks."""

from typing import Any

from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal.kernel.colours import DARK, LIGHT, Fault, faults
from portal.kernel.locale import format_number
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.tenancy.rules import LONGEST_NAME, MAX_BYTES, Look
from portal.web.colour_field import ColourField
from portal.web.fields import PhotoField, PortalForm, choices_of

#: Signs that join letters of one word, and are no printable ones.
_JOINERS = "\u200c\u200d"


def _one_line(text: str | None) -> str:
    kept = "".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text or "")
    return " ".join(kept.split())


class LookForm(PortalForm):
    """Name, colours and corners. `take_nearest`: a button says so, and colours that cannot be read are replaced."""

    version = HiddenField()
    name = StringField(
        _l("Name that people see"),
        [DataRequired(_l("Write the clinic’s name.")), Length(max=LONGEST_NAME)],
        filters=[_one_line],
        description=_l("On every page, and in messages."),
    )
    colour = ColourField(
        _l("Main colour"),
        [InputRequired(_l("Write a colour as # and six letters or digits, for example #0b5d66."))],
        description=_l("Buttons, links and the band at the top. Write it, or pick it beside."),
    )
    dark = ColourField(
        _l("Main colour on dark pages"),
        [Optional()],
        description=_l("Leave it empty, and we take the nearest shade that can be read."),
    )
    corner = RadioField(
        _l("Corners"), choices=choices_of([("sharp", _l("Sharp")), ("soft", _l("Soft")), ("round", _l("Round"))])
    )

    def validate_colour(self, field: Any) -> None:
        """It is read on light pages."""
        _readable(faults(field.data, LIGHT) if field.data else [])

    def validate_dark(self, field: Any) -> None:
        """It is read on dark pages."""
        _readable(faults(field.data, DARK) if field.data else [])

    def said(self) -> Look:
        """What was written, as far as it is a colour; whether it can be read is another matter."""
        return Look(
            name=str(self.name.data), colour=str(self.colour.data), dark=self.dark.data, corner=str(self.corner.data)
        )

    def take_nearest(self) -> None:
        """Put colours that can be read in place of those that cannot."""
        if not self.colour.process_errors and not self.dark.process_errors and self.colour.data:
            near = self.said().nearest()
            self.colour.data, self.dark.data = near.colour, near.dark


def _readable(found: list[Fault]) -> None:
    """Says what to change: which way the colour has to go, and for what."""
    if not found:
        return
    worst = found[0]
    numbers = {"is": format_number(round(worst.contrast, 1)), "least": format_number(worst.scheme.least)}
    raise ValidationError(
        _(
            "This colour is too light. White letters on it, or letters of this colour on white, are hard to read:"
            " the contrast is %(is)s to 1 and has to be %(least)s to 1. Take a darker colour.",
            **numbers,
        )
        if worst.scheme is LIGHT
        else _(
            "This colour is too dark. Letters of this colour on a dark page, or dark letters on it, are hard to read:"
            " the contrast is %(is)s to 1 and has to be %(least)s to 1. Take a lighter colour.",
            **numbers,
        )
    )


class LogoField(PhotoField):
    """A PNG or JPEG. What is in it, and how it is drawn, the operation sees to."""

    kind = "file"  # nobody takes a logo with a camera
    accept = "image/png,image/jpeg"
    FORMATS = ("PNG", "JPEG")

    def pre_validate(self, form: Any) -> None:
        """The taker draws it anew, and says what is wrong with it."""


class LogoForm(PortalForm):
    """Another logo."""

    version = HiddenField(id="logo-version")
    logo = LogoField(
        _l("Picture"),
        [InputRequired(_l("Choose a picture."))],
        max_bytes=MAX_BYTES,
        description=_l("A PNG or JPEG of at most 2 megabytes. It is made small: up to 200 by 40 dots on the page."),
    )
