"""The door of a portal on one machine: PORT in plain HTTP for this machine, TLS_PORT in TLS for the local network.

Both lead to the web process's unix socket and, for /signaling, to the video sidecar, so that a page and its socket have
one origin. In the demo a phone finds the card gateway's payment page, and nothing else of it, at CARDS_PORT.
It says who called and how in X-Forwarded headers, whatever the caller claimed. It decides nothing about who may see
what, keeps nothing, and logs no address.
"""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from aiohttp import (
    BaseConnector,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    UnixConnector,
    WSMsgType,
    WSServerHandshakeError,
    hdrs,
    web,
)
from aiohttp.client_ws import ClientWebSocketResponse
from multidict import CIMultiDict
from yarl import URL

from deploy.certificate import keep_certificate
from deploy.environment import is_demo, machine_addresses

LARGEST_BODY = 40_000_000
LARGEST_MESSAGE = 256_000
SIGNALING_PATH = "/signaling"
# RFC 9110, 7.6.1: about this connection, not about the request.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
# Only we say who called: what the caller says of itself is dropped.
CLAIMS = {"forwarded", "x-real-ip"}
# The reader's language is the portal's to know, and the portal is not there: so each of them.
STARTING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>One moment</title></head><body>
<h1>One moment</h1>
<p>The portal is starting. Please load this page again.</p>
<p lang="es">El portal se está iniciando. Vuelva a cargar esta página.</p>
<p lang="ar" dir="rtl">البوابة قيد التشغيل. يرجى إعادة تحميل هذه الصفحة.</p>
</body></html>
"""
UPSTREAM = web.AppKey("upstream", ClientSession)
ORIGIN = web.AppKey("origin", str)
SIDECAR = web.AppKey("sidecar", str)


async def forward(request: web.Request) -> web.StreamResponse:
    """Pass one request on and stream its answer back."""
    if not request.raw_path.startswith("/"):
        raise web.HTTPBadRequest(text="This is not an open proxy.\n")
    if request.path == SIGNALING_PATH and request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
        return await _forward_socket(request)
    if (request.content_length or 0) > LARGEST_BODY:
        raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BODY, actual_size=request.content_length or 0)
    try:
        upstream = await request.app[UPSTREAM].request(
            request.method,
            URL(f"{request.app[ORIGIN]}{request.raw_path}", encoded=True),
            headers=_headers_for_portal(request),
            data=_body(request) if request.body_exists else None,
            allow_redirects=False,
        )
    except (ClientError, TimeoutError):
        return _starting()
    async with upstream:
        response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
        response.headers.extend(_end_to_end(upstream.headers))
        with suppress(ConnectionResetError):  # the reader went away
            await response.prepare(request)
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
        return response


def _starting() -> web.Response:
    return web.Response(status=503, text=STARTING, content_type="text/html", headers={"Retry-After": "2"})


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in request.content.iter_any():
        seen += len(chunk)
        if seen > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BODY, actual_size=seen)
        yield chunk


async def _forward_socket(request: web.Request) -> web.StreamResponse:
    protocols = [name.strip() for name in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",") if name]
    headers = _headers_for_portal(request)
    for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
        del headers[name]
    try:
        async with ClientSession() as session:
            sidecar = await session.ws_connect(
                request.app[SIDECAR],
                headers=headers,
                protocols=protocols,
                autoping=False,
                autoclose=False,
                max_msg_size=LARGEST_MESSAGE,
            )
            browser = web.WebSocketResponse(
                protocols=protocols, autoping=False, autoclose=False, max_msg_size=LARGEST_MESSAGE
            )
            await browser.prepare(request)
            await _join(browser, sidecar)
            return browser
    except WSServerHandshakeError as refusal:
        return web.Response(status=refusal.status)
    except (ClientError, TimeoutError):
        return _starting()


Socket = web.WebSocketResponse | ClientWebSocketResponse


async def _join(browser: Socket, sidecar: Socket) -> None:
    """Carry messages both ways until either end closes, then close the other alike."""
    ways = [asyncio.create_task(_carry(browser, sidecar)), asyncio.create_task(_carry(sidecar, browser))]
    _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in waiting:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    for end in (browser, sidecar):
        with suppress(ConnectionError):
            await end.close()


async def _carry(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await target.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await target.pong(message.data)
    await target.close(code=source.close_code or 1001)


def _headers_for_portal(request: web.Request) -> CIMultiDict[str]:
    headers = CIMultiDict(
        (name, value)
        for name, value in _end_to_end(request.headers).items()
        if name.lower() not in CLAIMS and not name.lower().startswith("x-forwarded-")
    )
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Host"] = request.host
    return headers


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for name in headers.get(hdrs.CONNECTION, "").split(",")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP | named)


def build(*, web_socket: str, signaling_port: int) -> web.Application:
    """The portal's door; `web_socket` is the path of gunicorn's unix socket."""
    app = _door(lambda: UnixConnector(web_socket, limit=0, keepalive_timeout=60), origin="http://portal")
    app[SIDECAR] = f"http://127.0.0.1:{signaling_port}{SIGNALING_PATH}"
    app.router.add_route("*", "/{path:.*}", forward)
    return app


def build_payment_page(*, cards_port: int) -> web.Application:
    """The payment page's door: the gateway's API stays where only this machine reaches it."""
    app = _door(lambda: TCPConnector(limit=0, keepalive_timeout=10), origin=f"http://127.0.0.1:{cards_port}")
    app.router.add_route("*", "/c/{path:.*}", forward)
    return app


def _door(connect: Callable[[], BaseConnector], *, origin: str) -> web.Application:
    async def connections(app: web.Application) -> AsyncIterator[None]:
        timeout = ClientTimeout(total=None, sock_connect=5, sock_read=75)
        plain = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE)
        async with ClientSession(
            connector=connect(),
            timeout=timeout,
            auto_decompress=False,
            skip_auto_headers=plain,
            cookie_jar=DummyCookieJar(),  # or one reader's cookies would be sent along with the next one's request
        ) as session:
            app[UPSTREAM] = session
            yield

    app = web.Application()
    app[ORIGIN] = origin
    app.cleanup_ctx.append(connections)
    return app


async def serve(environment: Mapping[str, str]) -> None:
    """Listen until SIGTERM or SIGINT."""
    portal = build(web_socket=environment["WEB_SOCKET"], signaling_port=int(environment["SIGNALING_PORT"]))
    payments = build_payment_page(cards_port=int(environment["CARDS_PORT"]))
    runners = [
        web.AppRunner(app, access_log=None, keepalive_timeout=75, shutdown_timeout=5) for app in (portal, payments)
    ]
    for each in runners:
        await each.setup()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await _listen(environment, portal=runners[0], payments=runners[1])
        await ended.wait()
    finally:
        for each in runners:
            await each.cleanup()


async def _listen(environment: Mapping[str, str], *, portal: web.AppRunner, payments: web.AppRunner) -> None:
    addresses = machine_addresses()
    # Only this machine: without TLS a browser elsewhere gets neither the session cookie nor the camera.
    await web.TCPSite(portal, "127.0.0.1", int(environment["PORT"])).start()
    with suppress(OSError):  # a machine without IPv6; `localhost` is tried as ::1 first by some
        await web.TCPSite(portal, "::1", int(environment["PORT"])).start()
    certificate, key = keep_certificate(Path(environment["TLS_DIR"]), addresses)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    await web.TCPSite(portal, "0.0.0.0", int(environment["TLS_PORT"]), ssl_context=context).start()
    if is_demo(environment):
        for address in addresses:
            with suppress(OSError):  # an address that has gone meanwhile, or whose port another program holds
                await web.TCPSite(payments, address, int(environment["CARDS_PORT"])).start()


if __name__ == "__main__":
    asyncio.run(serve(os.environ))
