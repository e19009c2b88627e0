"""`python -m tests.support.oidc_provider PORT`: an OpenID provider over sockets, of our own making, for tests.

Discovery, a sign-in form, codes for one use with PKCE and client authentication, keys that rotate. `/test/next` says
what is wrong with the tokens of the next sign-in, `/test/…` rotate and sign logouts.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws
from joserfc.jwk import RSAKey

CLIENT, SECRET = "portal-client", "s3cret & more"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Provider:
    """One provider; its people are whatever the sign-in form says."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.codes: dict[str, dict[str, Any]] = {}
        self.next: dict[str, Any] = {}
        self.number = 0
        self.rotate()

    def rotate(self) -> None:
        self.number += 1
        self.key = RSAKey.generate_key(2048, {"kid": f"key-{self.number}", "use": "sig", "alg": "RS256"}, private=True)

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        mode = self.next.get("discovery")
        if mode == "500":
            return web.Response(status=500)
        if mode == "redirect":
            raise web.HTTPFound("http://127.0.0.1:9/")
        if mode == "huge":
            return web.Response(text="[" + "1," * 200_000 + "1]", content_type="application/json")
        at = self.issuer
        said = {
            "issuer": self.next.get("issuer", at),
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return web.json_response(said)

    async def keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: web.Request) -> web.Response:
        page = (
            '<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1><form method="post">'
            '<label>Name <input name="sub"></label><label>Groups <input name="groups"></label>'
            "<button>Let me in</button></form></html>"
        )
        return web.Response(text=page, content_type="text/html")

    async def signed_in(self, request: web.Request) -> web.Response:
        asked, form = dict(request.query), await request.post()
        assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": str(form["sub"]), "groups": str(form.get("groups", "")).split()}
        back = {"state": asked["state"], "code": code, "iss": self.next.get("response_iss", self.issuer)}
        raise web.HTTPSeeOther(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        client = base64.b64encode(b"portal-client:s3cret+%26+more").decode()
        known = self.codes.pop(str(form["code"]), None)
        if self.next.get("token") == "500":
            return web.Response(status=500)
        if request.headers.get("Authorization") != f"Basic {client}":
            return web.json_response({"error": "invalid_client"}, status=401)
        if (
            known is None
            or create_s256_code_challenge(str(form["code_verifier"])) != known["code_challenge"]
            or form["redirect_uri"] != known["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(16)
        half = hashlib.sha256(access.encode()).digest()[:16]
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": known["sub"], "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": known["nonce"], "acr": "mfa", "auth_time": now, "sid": f"sid-{known['sub']}",
            "groups": known["groups"], "name": f"Dr. {known['sub']}", "email": f"{known['sub']}@example.com",
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }  # fmt: skip
        return web.json_response({"access_token": access, "token_type": "Bearer", "id_token": self.sign(claims)})

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        """A token, malformed as the test has asked."""
        wrong, now = self.next, int(time.time())
        claims = {**claims, **wrong.get("claims", {})}
        claims |= {name: now + offset for name, offset in wrong.get("times", {}).items()}
        claims = {name: value for name, value in claims.items() if name not in wrong.get("without", [])}
        header = {"alg": "RS256", "kid": self.key.kid, "typ": typ, **wrong.get("header", {})}
        forge = wrong.get("forge")
        if forge == "garbage":
            return "not.a.token"
        if forge == "jwe":
            return "e30.e30.e30.e30.e30"
        key: Any = self.key
        if forge == "other-key":
            key = RSAKey.generate_key(2048, private=True)
        if forge == "embedded":
            key = RSAKey.generate_key(2048, private=True)
            header["jwk"] = key.as_dict(private=False)
        parts = [_part(header), _part(claims)]
        if forge == "none":
            return ".".join([_part({"alg": "none", "typ": typ}), parts[1], ""])
        if forge == "public-as-secret":
            # By hand: the library refuses to take a public key for a secret.
            text = ".".join([_part({**header, "alg": "HS256"}), parts[1]])
            signature = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
        else:
            text = ".".join(parts)
            signature = jws.JWSRegistry.algorithms["RS256"].sign(text.encode(), key)
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    async def set_next(self, request: web.Request) -> web.Response:
        self.next = await request.json()
        return web.Response(text="ok")

    async def rotated(self, request: web.Request) -> web.Response:
        self.rotate()
        return web.Response(text="ok")

    async def logout(self, request: web.Request) -> web.Response:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
            "events": {LOGOUT: {}}, **(await request.json()),
        }  # fmt: skip
        return web.Response(text=self.sign(claims, "logout+jwt"))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def main() -> None:
    port = int(sys.argv[1])
    one = Provider(f"http://127.0.0.1:{port}")
    application = web.Application()
    application.add_routes(
        [
            web.get("/healthz", _healthy),
            web.get("/.well-known/openid-configuration", one.discovery),
            web.get("/keys", one.keys),
            web.get("/authorize", one.authorize),
            web.post("/authorize", one.signed_in),
            web.post("/token", one.token),
            web.post("/test/next", one.set_next),
            web.post("/test/rotate", one.rotated),
            web.post("/test/logout", one.logout),
        ]
    )
    web.run_app(application, host="127.0.0.1", port=port, print=lambda *_: None)


if __name__ == "__main__":
    main()
