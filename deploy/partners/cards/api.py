"""Stripe's HTTP interface: keys, form-encoded parameters, idempotency, errors in its shape."""

import json
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from aiohttp import web

from deploy.partners.cards.courier import Courier
from deploy.partners.cards.forms import Refusal, nested
from deploy.partners.cards.gateway import Gateway, shown
from deploy.partners.cards.store import Answer, Object, Store

Call = Callable[[web.Request, dict[str, Any]], Object]
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Api:
    """Routes under /v1."""

    def __init__(self, store: Store, gateway: Gateway, courier: Courier, *, secret_key: str) -> None:
        self._store = store
        self._gateway = gateway
        self._courier = courier
        self._secret_key = secret_key

    def routes(self) -> list[web.RouteDef]:
        gateway = self._gateway
        return [
            web.post("/v1/checkout/sessions", self._post(lambda _request, form: gateway.create_session(form))),
            web.get("/v1/checkout/sessions/{id}", self._get("checkout.session")),
            web.post(
                "/v1/checkout/sessions/{id}/expire",
                self._post(lambda request, _form: gateway.expire_session(request.match_info["id"])),
            ),
            web.get("/v1/payment_intents/{id}", self._get("payment_intent")),
            web.post("/v1/refunds", self._post(lambda _request, form: gateway.refund(form))),
            web.get("/v1/refunds/{id}", self._get("refund")),
        ]

    def _get(self, kind: str) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._authenticate(request)
                with self._store.transaction():
                    self._gateway.expire_due()
                found = self._gateway.find(request.match_info["id"], kind=kind)
                return _answer(200, self._body(found, nested(request.query.items())))
            except Refusal as refusal:
                return _answer(refusal.status, json.dumps(refusal.body))

        return handle

    def _post(self, call: Call) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            raw = await request.text()
            try:
                self._authenticate(request)
                form = await request.post()
                parameters = nested((name, str(value)) for name, value in form.items())
                # No await from here to the end of the transaction: two requests with one key cannot interleave.
                with self._store.transaction():
                    answer = self._once(request, raw, lambda: self._body(call(request, parameters), parameters))
            except Refusal as refusal:
                return _answer(refusal.status, json.dumps(refusal.body))
            self._courier.wake()
            return answer

        return handle

    def _once(self, request: web.Request, raw: str, act: Callable[[], str]) -> web.Response:
        """The first answer to an idempotency key is given again to the same request; another request is refused."""
        key = request.headers.get("Idempotency-Key", "")
        fingerprint = sha256(f"{request.method} {request.path}\n{raw}".encode()).hexdigest()
        if key and (known := self._store.answer(key)) is not None:
            if known.fingerprint != fingerprint:
                raise Refusal(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    type="idempotency_error",
                )
            return _answer(known.status, known.body, {"Idempotent-Replayed": "true"})
        body = act()
        if key:
            self._store.keep_answer(key, Answer(fingerprint=fingerprint, status=200, body=body))
        return _answer(200, body)

    def _body(self, value: Object, parameters: dict[str, Any]) -> str:
        visible = shown(value)
        expand = parameters.get("expand") or []
        if "payment_intent" in expand and visible.get("payment_intent"):
            visible["payment_intent"] = shown(self._gateway.find(visible["payment_intent"], kind="payment_intent"))
        return json.dumps(visible)

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self._secret_key}".encode()):
            raise Refusal("Invalid API Key provided.", status=401)


def _answer(status: int, body: str, headers: dict[str, str] | None = None) -> web.Response:
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}", **(headers or {})}
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)
