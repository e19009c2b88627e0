"""Where app puts the answer to scheduling's port."""

from portal.scheduling.ports import PriceQuote, no_prices

_wired: list[PriceQuote] = [no_prices]


def wire(*, price_quote: PriceQuote) -> None:
    """Called once by app in each process; later calls replace it."""
    _wired[:] = [price_quote]


def price_quote() -> PriceQuote:
    """What app wired; before that, one that knows no price."""
    return _wired[0]
