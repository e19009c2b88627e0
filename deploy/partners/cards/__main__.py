"""`python -m deploy.partners.cards`: the card gateway.

Settings: CARDS_PORT, CARDS_SECRET_KEY, CARDS_WEBHOOK_SECRET, CARDS_WEBHOOK_URL, CARDS_STATE_DIR; CARDS_DELAY, the
seconds by which a late webhook is late; CARDS_PUBLIC_URL, where browsers find the payment page.
"""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from deploy.partners.cards.api import Api
from deploy.partners.cards.courier import Courier
from deploy.partners.cards.gateway import Gateway
from deploy.partners.cards.page import PATH, Page
from deploy.partners.cards.store import Store
from deploy.partners.serving import serve_http, setting, until_stopped


async def main() -> None:
    port = int(setting("CARDS_PORT", "8027"))
    store = Store(Path(setting("CARDS_STATE_DIR", "var/cards")))
    gateway = Gateway(
        store,
        page_url=setting("CARDS_PUBLIC_URL", f"http://localhost:{port}").rstrip("/") + PATH,
        late_seconds=float(setting("CARDS_DELAY", "5")),
        now=time.time,
    )
    courier = Courier(store, gateway, url=setting("CARDS_WEBHOOK_URL"), secret=setting("CARDS_WEBHOOK_SECRET"))
    application = web.Application()
    application.add_routes([web.get("/healthz", _healthy)])
    application.add_routes(Api(store, gateway, courier, secret_key=setting("CARDS_SECRET_KEY")).routes())
    application.add_routes(Page(store, gateway, courier).routes())
    server = await serve_http(application, port=port)
    delivering = asyncio.create_task(courier.run())
    print("cards: the gateway takes test cards", flush=True)
    await until_stopped()
    delivering.cancel()
    with suppress(asyncio.CancelledError):
        await delivering
    await server.cleanup()
    store.close()


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")


if __name__ == "__main__":
    asyncio.run(main())
