"""Pages of a list in addresses: which one is asked for, and the ways to the next and to the first.

Without JavaScript and with it a page is an address, `?after=…`. What a list is narrowed to stays in the address.
"""

from typing import Any

from flask import request, url_for

from portal.kernel.db import Page, Place


def asked_place(name: str = "after") -> Place | None:
    """The place behind which the page begins; None: the first page, also where the address is spoilt."""
    return Place.read(request.args.get(name, ""))


def ways(page: Page[Any], endpoint: str, *, name: str = "after", **values: Any) -> dict[str, str | None]:
    """Options of ui.pagination. `values` name the list, and what it is narrowed to."""
    following = values | {name: page.after}
    return {
        "start_href": url_for(endpoint, **values) if asked_place(name) else None,
        "next_href": url_for(endpoint, **following) if page.after else None,
    }
