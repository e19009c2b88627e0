"""What a browser says of its reader's line (client hints): whether each byte is paid for, or waited for."""

from flask import request


def asks_for_less() -> bool:
    """The reader chose to save data (`Save-Data`)."""
    return request.headers.get("Save-Data", "").strip().lower() == "on"


def saves_data() -> bool:
    """No picture comes that was not asked for: data is saved, or the browser thinks the network slow (`ECT`)."""
    return asks_for_less() or request.headers.get("ECT", "") in {"slow-2g", "2g"}
