"""What an authenticator app reads: an address with the secret, and its picture."""

from urllib.parse import quote, urlencode

import segno

from portal.identity.rules import CODE_DIGITS, STEP_SECONDS


def app_address(secret: str, *, issuer: str, account: str) -> str:
    """The otpauth address that apps agree on. It names the clinic only: apps show it on a locked phone."""
    label = f"{quote(issuer)}:{quote(account)}"
    values = {"secret": secret, "issuer": issuer, "digits": CODE_DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def qr_picture(address: str) -> str:
    """The address as a picture, in a data address."""
    picture: str = segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=2)
    return picture
