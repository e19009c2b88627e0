"""From a template to a tagged PDF (PDF/UA-1) in a language, with its fonts inside.

Owns the rendering; what stands in a document, and where it is kept, is its context's. WeasyPrint is imported at the
first document: only workers need it, and it is large.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.kernel import locale as words
from portal.kernel.errors import PortalError

TEMPLATES_DIR = Path(__file__).resolve().parents[3] / "templates"


class AddressInDocument(PortalError):
    """A document names a file or an address outside itself; none is read, and none is left out silently."""

    code = "address-in-document"


class WeasyPrintRenderer:
    """Implements `portal.consent.ports.PdfRenderer` and `portal.billing.ports.ReceiptRenderer`."""

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> bytes:
        """The document as bytes. `values["zone"]`, where there is one, is the zone of its times.

        Raises AddressInDocument.
        """
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher

        with words.use_locale(language, str(values.get("zone") or "UTC")) as locale:
            html = _environment().get_template(template).render({**values, "locale": locale})
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
        try:
            content: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
        except FatalURLFetchingError:
            # Not an Exception: it would pass by whoever settles a job that failed.
            raise AddressInDocument from None
        return content


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
    words.speak(environment)
    environment.globals.update(
        format_datetime=words.format_datetime,
        format_date=words.format_date,
        format_time=words.format_time,
        format_money=words.format_money,
        left_to_right=words.left_to_right,
        format_number=words.format_number,
        format_list=words.format_list,
        language_name=words.language_name,
        own_text=words.own_text,
        zone_name=words.zone_name,
    )
    return environment
