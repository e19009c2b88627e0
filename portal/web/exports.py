"""Tables to take along, as CSV."""

from collections.abc import Iterable, Sequence

from flask import Response

from portal.kernel.spreadsheets import csv_file
from portal.web.pages import document


def csv_response(header: Sequence[str], rows: Iterable[Sequence[object]], *, filename: str) -> Response:
    """The table as a file to save, in which no cell is computed. Whoever may see its rows is the caller's question."""
    return document(csv_file(header, rows), media_type="text/csv; charset=utf-8", filename=filename)
