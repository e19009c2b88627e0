"""Files for spreadsheets: CSV by RFC 4180, in which no cell is a formula.

What somebody once typed as a name must not be computed by whoever opens the file (CWE-1236). A text that a spreadsheet
would take for a formula gets an apostrophe before it, as OWASP says; so does what would begin a cell for a reader that
parts cells by semicolon or tab.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

#: Signs that begin a formula, those of full width too; a tab or a carriage return may hide one.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\x00\x22]*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
#: Tells spreadsheets that the file is UTF-8.
_MARK = "\ufeff"


def harmless(text: str) -> str:
    """The text as a cell that is shown and not computed."""
    return _FORMULA.sub(r"\1'", text)


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Header and rows, every cell quoted; None is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow(["" if cell is None else harmless(str(cell)) for cell in row])
    return (_MARK + text.getvalue()).encode()
