"""The page on which a patient pays: plain HTML in the checkout's language, no JavaScript."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from aiohttp import web
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.partners.cards.courier import Courier
from deploy.partners.cards.forms import Refusal
from deploy.partners.cards.gateway import CARDS, Gateway
from deploy.partners.cards.store import Object, Store
from deploy.partners.cards.texts import TEXTS

PATH = "/c/pay"
HERE = Path(__file__).parent
STYLE = (HERE / "page.css").read_text()
ZERO_DECIMAL = ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
THREE_DECIMAL = ("bhd", "jod", "kwd", "omr", "tnd")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """Shows an open checkout and takes a card for it."""

    def __init__(self, store: Store, gateway: Gateway, courier: Courier) -> None:
        self._store = store
        self._gateway = gateway
        self._courier = courier
        loader = FileSystemLoader(HERE)
        self._template = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
        ).get_template("page.html")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/c/style.css", _style),
            web.get(f"{PATH}/{{id}}", self.show),
            web.post(f"{PATH}/{{id}}", self.pay),
        ]

    async def show(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session is not None and session["status"] == "complete":
            return _back_to_shop(session)
        return self._render(request, session)

    async def pay(self, request: web.Request) -> web.Response:
        form = await request.post()
        session = self._session(request)
        if session is None or session["status"] == "expired":
            return self._render(request, session)
        number, expiry, cvc = (_digits(str(form.get(name, ""))) for name in ("number", "expiry", "cvc"))
        text = TEXTS[_language(request, session)]
        errors = {}
        if number not in CARDS:
            errors["number"] = text["number_error"]
        if not _is_ahead(expiry):
            errors["expiry"] = text["expiry_error"]
        if not re.fullmatch(r"\d{3,4}", cvc):
            errors["cvc"] = text["cvc_error"]
        # A second click finds the checkout complete: whatever its fields say, it goes where the first one goes.
        if errors and session["status"] == "open":
            return self._render(request, session, errors=errors)
        with self._store.transaction():
            attempt = self._gateway.pay(session["id"], CARDS.get(number, CARDS["4242424242424242"]))
        self._courier.wake()
        await self._courier.deliver_first(attempt.deliver_first)
        if attempt.session["status"] == "complete":
            return _back_to_shop(attempt.session)
        errors = {"number": text[attempt.decline]} if attempt.decline else {}
        return self._render(request, attempt.session, errors=errors)

    def _session(self, request: web.Request) -> Object | None:
        with self._store.transaction():
            self._gateway.expire_due()
        try:
            return self._gateway.find(request.match_info["id"], kind="checkout.session")
        except Refusal:
            return None

    def _render(
        self, request: web.Request, session: Object | None, *, errors: dict[str, str] | None = None
    ) -> web.Response:
        language = _language(request, session)
        text = TEXTS[language]
        amount = _amount(session, language) if session is not None else ""
        status = 404 if session is None else 410 if session["status"] == "expired" else 422 if errors else 200
        gone = "missing" if session is None else "over"
        html = self._template.render(
            language=language,
            t=text,
            session=session,
            amount=amount,
            pay=text["pay"] % {"amount": amount},
            errors=errors or {},
            fields=(
                ("number", "cc-number", ""),
                ("expiry", "cc-exp", text["expiry_hint"]),
                ("cvc", "cc-csc", text["cvc_hint"]),
            ),
            cards=list(CARDS),
            heading=text[f"{gone}_title"],
            sentence=text[gone],
        )
        return web.Response(status=status, text=html, content_type="text/html", headers=HEADERS)


def _back_to_shop(session: Object) -> web.Response:
    place = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return web.Response(status=303, headers=HEADERS | {"Location": place})


def _language(request: web.Request, session: Object | None) -> str:
    """The checkout's locale. Under "auto": what the merchant noted, so that the demo speaks Arabic, then the browser's.

    Stripe itself follows the browser only.
    """
    wanted = [session["locale"], session["metadata"].get("language", "")] if session is not None else []
    wanted += re.findall(r"[A-Za-z]{2,3}", request.headers.get("Accept-Language", ""))
    return next((code for each in wanted if (code := each.partition("-")[0].lower()) in TEXTS), "en")


def _amount(session: Object, language: str) -> str:
    currency = session["currency"]
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    amount = Decimal(session["amount_total"]).scaleb(-decimals)
    return str(format_currency(amount, currency.upper(), locale=language))


def _digits(typed: str) -> str:
    """The digits of what was typed, in whatever script, without spaces and strokes."""
    return "".join(str(int(each)) for each in typed if each.isdecimal())


def _is_ahead(expiry: str) -> bool:
    """MMYY or MMYYYY that is not past."""
    match = re.fullmatch(r"(\d{2})(?:20)?(\d{2})", expiry)
    if match is None or not 1 <= int(match[1]) <= 12:
        return False
    today = datetime.now(UTC)
    return (2000 + int(match[2]), int(match[1])) >= (today.year, today.month)


async def _style(request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css", headers={"Cache-Control": "max-age=3600"})
