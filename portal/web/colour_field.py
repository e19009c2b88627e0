"""A colour, written as #rrggbb or picked with the browser's own picker beside it; the page needs no script for that.

Both are sent. What was changed counts: the text, unless only the picker shows another colour than the page did.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from wtforms import StringField

from portal.kernel.colours import colour_of
from portal.kernel.locale import gettext as _
from portal.web.field_views import Kind


class ColourField(StringField):
    """`data` is #rrggbb; None where nothing is written."""

    kind: ClassVar[Kind] = "colour"
    data: str | None

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        self._picked = self._pick(formdata) if formdata else None
        super().process(formdata, *args, **kwargs)

    def _pick(self, formdata: Any) -> str | None:
        """What the picker shows, where it and not the text was changed."""
        text, picked, shown = (
            str(next(iter(formdata.getlist(self.name + part)), "")).strip() for part in ("", "-picker", "-shown")
        )
        untouched = not text or colour_of(text) == shown
        return colour_of(picked) if picked != shown and untouched else None

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        written = self._picked or (str(valuelist[0]).strip() if valuelist else "")
        self.data = colour_of(written)
        if written and not self.data:
            raise ValueError(_("Write a colour as # and six letters or digits, for example #0b5d66."))

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.process_errors and self.raw_data else self.data or ""
