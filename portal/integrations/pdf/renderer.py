"""From a template to a tagged PDF (PDF/UA-1) in a language, with faces of our own inside.

Owns the rendering; what stands in a document, and where it is kept, is its context's. WeasyPrint is imported at the
first document: only workers need it, and it is large.

A document is drawn with `faces/` alone. Only one that holds a character which they lack is drawn again, with the
machine's faces as well; what is still missing then is a box on paper and a line in the log.
"""

import logging
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.integrations.pdf.reading import say_how_it_is_read
from portal.kernel import locale as words
from portal.kernel.bidi import isolated
from portal.kernel.errors import PortalError
from portal.kernel.speaking import speak

if TYPE_CHECKING:
    from pydyf import PDF
    from weasyprint.document import Document
    from weasyprint.text.fonts import FontConfiguration

TEMPLATES_DIR = Path(__file__).resolve().parents[3] / "templates"
FACES_DIR = Path(__file__).resolve().parent / "faces"
#: Which faces fontconfig sees.
OURS = FACES_DIR / "fonts.conf"
OURS_AND_THE_MACHINES = FACES_DIR / "with-machine.conf"

log = logging.getLogger(__name__)
_environment_lock = Lock()


class AddressInDocument(PortalError):
    """A document names a file or an address outside itself; none is read, and none is left out silently."""

    code = "address-in-document"


class WeasyPrintRenderer:
    """Implements `portal.consent.ports.PdfRenderer` and `portal.billing.ports.ReceiptRenderer`."""

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> bytes:
        """The document as bytes. `values["zone"]`, where there is one, is the zone of its times.

        Raises AddressInDocument.
        """
        with words.use_locale(language, str(values.get("zone") or "UTC")) as locale:
            html = _environment().get_template(template).render({**values, "locale": locale})
        content, missing = _draw(html, OURS)
        if missing:
            content, missing = _draw(html, OURS_AND_THE_MACHINES)
        if missing:
            # How many, and not which: they are a patient's name, as likely as not.
            log.warning("characters without a face in a document: %s", missing)
        return content


def _draw(html: str, faces: Path) -> tuple[bytes, int]:
    """The document, and how many of its characters no face has."""
    fonts = _fonts(faces)
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
    missing: set[int] = set()

    def finish(document: "Document", pdf: "PDF") -> None:
        say_how_it_is_read(document, pdf)
        missing.update(*(font.missing for font in document.fonts.values()))

    try:
        content: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(
            font_config=fonts,
            pdf_variant="pdf/ua-1",
            finisher=finish,
        )
    except FatalURLFetchingError:
        # Not an Exception: it would pass by whoever settles a job that failed.
        raise AddressInDocument from None
    return content, len(missing)


def _fonts(faces: Path) -> "FontConfiguration":
    """fontconfig reads the name of its file from the environment, when a configuration is made and at no other time.

    Set for that moment only, since a browser that is started by this process needs the machine's.
    """
    with _environment_lock:
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(faces)
        try:
            from weasyprint.text.fonts import FontConfiguration

            return FontConfiguration()
        finally:
            del os.environ["FONTCONFIG_FILE"]
            if before is not None:
                os.environ["FONTCONFIG_FILE"] = before


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    speak(environment)
    environment.globals.update(
        format_datetime=words.format_datetime,
        format_date=words.format_date,
        format_time=words.format_time,
        format_money=words.format_money,
        left_to_right=words.left_to_right,
        format_number=words.format_number,
        isolated=isolated,
        format_list=words.format_list,
        language_name=words.language_name,
        own_text=words.own_text,
        zone_name=words.zone_name,
    )
    return environment
