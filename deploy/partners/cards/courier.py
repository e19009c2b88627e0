"""Signs webhooks as Stripe does and delivers each until it is taken, with growing pauses.

Owns delivery; what is told is written by the gateway, in the same transaction as what happened.
"""

import asyncio
import hmac
import time
from contextlib import suppress
from hashlib import sha256

import aiohttp

from deploy.partners.cards.gateway import Gateway
from deploy.partners.cards.store import Delivery, Store

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
#: With these pauses about three days, which is what Stripe tries.
MOST_ATTEMPTS = 870
ANSWER_WITHIN = aiohttp.ClientTimeout(total=10)


def signature(body: str, *, secret: str, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over "<time>.<body>"."""
    mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), sha256).hexdigest()
    return f"t={at},v1={mac}"


class Courier:
    """Delivers to one address; `run` until cancelled."""

    def __init__(self, store: Store, gateway: Gateway, *, url: str, secret: str) -> None:
        self._store = store
        self._gateway = gateway
        self._url = url
        self._secret = secret
        self._woken = asyncio.Event()
        self._in_hand: set[int] = set()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            with self._store.transaction():
                self._gateway.expire_due()
            due = [each for each in self._store.due_deliveries(time.time()) if each.id not in self._in_hand]
            await asyncio.gather(*(self.deliver(each) for each in due))
            if not due:
                await self._until_due()

    async def deliver_first(self, delivery_ids: tuple[int, ...]) -> None:
        """Deliver these one after the other, before anything else happens; what fails is tried again later."""
        for delivery_id in delivery_ids:
            await self.deliver(self._store.delivery(delivery_id))

    async def deliver(self, delivery: Delivery) -> None:
        """One attempt."""
        self._in_hand.add(delivery.id)
        try:
            taken = await self._post(delivery.body)
            pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts, 20), LONGEST_PAUSE)
            over = taken or delivery.attempts + 1 >= MOST_ATTEMPTS
            self._store.settle_delivery(delivery.id, again_at=None if over else time.time() + pause)
        finally:
            self._in_hand.discard(delivery.id)

    async def _post(self, body: str) -> bool:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, secret=self._secret, at=int(time.time())),
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session,
                session.post(self._url, data=body.encode(), headers=headers, allow_redirects=False) as response,
            ):
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _until_due(self) -> None:
        next_due = self._store.next_due()
        pause = None if next_due is None else max(0.02, next_due - time.time())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), pause)
