"""Money as Stripe counts it: "zero-decimal" and "three-decimal" currencies (docs.stripe.com/currencies).

Stripe's smallest unit is not always CLDR's, which `Money` follows: it counts the Icelandic króna in hundredths, for
example. Owns the conversion and nothing else.
"""

from babel.numbers import get_currency_precision

from portal.kernel.money import Money

_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def _decimals(currency: str) -> int:
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2


def to_stripe(amount: Money) -> int:
    """The amount in Stripe's unit; ValueError when it has a fraction that Stripe cannot take."""
    scaled = amount.amount.scaleb(_decimals(amount.currency))
    if scaled != scaled.to_integral_value():
        raise ValueError("the gateway cannot take fractions this small")
    return int(scaled)


def from_stripe(units: int, currency: str) -> Money:
    """Stripe's amount and its lower-case currency as Money."""
    code = currency.upper()
    shift = get_currency_precision(code) - _decimals(code)
    minor = units * 10**shift if shift >= 0 else units // 10**-shift
    return Money(minor, code)
