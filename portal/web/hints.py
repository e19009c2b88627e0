"""What a browser says of its reader's line (client hints): whether each byte is paid for, or waited for."""

from flask import request

#: What a browser is asked to say with its next requests. Not as `Critical-CH`: the first visit would be made twice.
ACCEPT_CH = "ECT"


def asks_for_less() -> bool:
    """The reader chose to save data (`Save-Data`)."""
    return request.headers.get("Save-Data", "").strip().lower() == "on"


def saves_data() -> bool:
    """No picture comes that was not asked for: data is saved, or the browser thinks the network slow (`ECT`)."""
    return asks_for_less() or _line() in {"slow-2g", "2g"}


def photos_wait() -> bool:
    """No photo comes that was not asked for. It may weigh as much as a hundred pages: too much for 3G, too, where a
    clinic's logo of at most 4 KB is not."""
    return saves_data() or _line() == "3g"


def _line() -> str:
    """The browser's guess from round trips and bytes; it says nothing until an answer has asked (`ACCEPT_CH`)."""
    return request.headers.get("ECT", "")
