"""`python -m signaling`: the sidecar as a process. SIGTERM closes the sockets politely; calls go on."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from aiohttp import web

from portal.kernel.config import load_settings
from portal.kernel.db import Database
from portal.kernel.logs import configure_logging
from signaling.notices import NoticeListener
from signaling.server import Sidecar
from signaling.store import DatabaseStore

SHUTDOWN_SECONDS = 8


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a browser's Origin header has them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def build() -> web.Application:
    """The application with its real store and its listener, from the environment."""
    settings = load_settings()
    url = settings.database_url.get_secret_value()
    store = DatabaseStore(Database(url, pool_size=4))
    sidecar = Sidecar(
        ticket_key=settings.video_ticket_key.get_secret_value(),
        origins=frozenset(origin_of(url) for url in settings.signaling_origins or (settings.public_url,)),
        store=store,
    )
    listener = NoticeListener(url, on_notice=sidecar.on_notice, on_gap=sidecar.on_gap)
    sidecar.listens = lambda: listener.listening

    async def life(app: web.Application) -> AsyncIterator[None]:
        listening = asyncio.create_task(listener.run())
        yield
        listening.cancel()
        await store.close()

    app = sidecar.app()
    app.cleanup_ctx.append(life)
    return app


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    configure_logging()
    settings = load_settings()
    web.run_app(
        build(),
        host=settings.signaling_host,
        port=settings.signaling_port,
        shutdown_timeout=SHUTDOWN_SECONDS,
        print=None,
        access_log=None,
    )


if __name__ == "__main__":
    main()
