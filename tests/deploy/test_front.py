"""The door of a portal on one machine: what it passes on, and what it refuses to repeat."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

from deploy import front


async def _portal(request: web.Request) -> web.StreamResponse:
    if request.path == "/redirect":
        headers = CIMultiDict([("Location", "/elsewhere"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return web.Response(status=303, headers=headers)
    body = await request.read()
    return web.json_response(
        {"path": request.raw_path, "headers": dict(request.headers), "size": len(body)}, headers={"X-Seen": "yes"}
    )


async def _sidecar(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=["visit"])
    await socket.prepare(request)
    await socket.send_str(request.headers["Origin"])
    async for message in socket:
        if message.data == "bye":
            await socket.close(code=4001)
        else:
            await socket.send_str(f"heard {message.data}")
    return socket


@asynccontextmanager
async def _serving(app: web.Application, *, unix: str | None = None) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.UnixSite(runner, unix) if unix else web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield 0 if unix else runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _app(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
    app = web.Application(client_max_size=50_000_000)
    app.router.add_route("*", "/{path:.*}", handler)
    return app


@asynccontextmanager
async def _front(*, portal: bool = True) -> AsyncIterator[tuple[ClientSession, str]]:
    with tempfile.TemporaryDirectory() as place:
        socket = str(Path(place) / "web.sock")
        async with _serving(_app(_sidecar)) as sidecar:
            door = front.build(web_socket=socket, signaling_port=sidecar)
            async with _serving(door) as port, ClientSession() as reader:
                address = f"http://127.0.0.1:{port}"
                if not portal:
                    yield reader, address
                    return
                async with _serving(_app(_portal), unix=socket):
                    yield reader, address


def test_the_portal_is_told_who_really_called() -> None:
    async def story() -> None:
        async with _front() as (reader, address):
            claims = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Host": "evil", "Forwarded": "for=9.9.9.9"}
            async with reader.get(f"{address}/who", headers={**claims, "Host": "clinic.example"}) as answer:
                seen = (await answer.json())["headers"]
        assert seen["X-Forwarded-For"] == "127.0.0.1"
        assert seen["X-Forwarded-Proto"] == "http"
        assert seen["X-Forwarded-Host"] == seen["Host"] == "clinic.example"
        assert "Forwarded" not in seen

    asyncio.run(story())


def test_one_readers_cookies_are_not_sent_along_with_the_next_ones_request() -> None:
    async def story() -> None:
        async with _front() as (reader, address):
            async with reader.get(f"{address}/redirect", allow_redirects=False) as answer:
                assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
            async with ClientSession() as another, another.get(f"{address}/who") as answer:
                assert "Cookie" not in (await answer.json())["headers"]

    asyncio.run(story())


def test_path_body_and_headers_arrive_unchanged() -> None:
    async def story() -> None:
        async with _front() as (reader, address):
            target = "/p/a%2Fb?q=%C3%A9&q=2"
            async with reader.post(URL(address + target, encoded=True), data=io.BytesIO(b"x" * 9_000_000)) as answer:
                seen = await answer.json()
                assert answer.headers["X-Seen"] == "yes"
        assert (seen["path"], seen["size"]) == (target, 9_000_000)

    asyncio.run(story())


def test_redirects_and_each_cookie_reach_the_reader() -> None:
    async def story() -> None:
        async with (
            _front() as (reader, address),
            reader.get(f"{address}/redirect", allow_redirects=False) as answer,
        ):
            assert answer.status == 303
            assert answer.headers["Location"] == "/elsewhere"
            assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]

    asyncio.run(story())


def test_a_body_past_the_limit_is_refused() -> None:
    async def story() -> None:
        claimed = {"Content-Length": str(front.LARGEST_BODY + 1)}
        async with _front() as (reader, address), reader.post(address, headers=claimed) as answer:
            assert answer.status == 413

    asyncio.run(story())


def test_it_is_no_open_proxy() -> None:
    async def story() -> None:
        async with _front() as (_, address):
            host, port = address.removeprefix("http://").split(":")
            incoming, outgoing = await asyncio.open_connection(host, int(port))
            outgoing.write(b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
            assert (await incoming.readline()).startswith(b"HTTP/1.1 400")
            outgoing.close()
            await outgoing.wait_closed()

    asyncio.run(story())


def test_a_portal_that_is_not_up_yet_is_said_to_be_starting() -> None:
    async def story() -> None:
        async with _front(portal=False) as (reader, address), reader.get(address) as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "2"

    asyncio.run(story())


def test_only_the_payment_page_of_the_gateway_is_reached() -> None:
    async def story() -> None:
        async with (
            ClientSession() as reader,
            _serving(_app(_portal)) as gateway,
            _serving(front.build_payment_page(cards_port=gateway)) as port,
        ):
            async with reader.get(f"http://127.0.0.1:{port}/c/pay/1") as answer:
                assert (await answer.json())["path"] == "/c/pay/1"
            async with reader.get(f"http://127.0.0.1:{port}/v1/refunds") as answer:
                assert answer.status == 404

    asyncio.run(story())


def test_a_socket_goes_to_the_sidecar_and_its_close_code_comes_back() -> None:
    async def story() -> None:
        async with _front() as (reader, address):
            headers = {"Origin": "https://clinic.example"}
            async with reader.ws_connect(f"{address}/signaling", headers=headers, protocols=["visit"]) as socket:
                assert socket.protocol == "visit"
                assert await socket.receive_str() == "https://clinic.example"
                await socket.send_str("hello")
                assert await socket.receive_str() == "heard hello"
                await socket.send_str("bye")
                assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 4001

    asyncio.run(story())
