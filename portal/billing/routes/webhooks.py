"""What the card gateway tells us. It is verified by its signature; which clinic it is for stands in what was signed.

A webhook says where to look: a payment is booked after the gateway was asked how its page stands.
"""

from flask import request
from flask.typing import ResponseReturnValue

from portal.billing.operations import ask_look_up, take_event, take_refund
from portal.billing.ports import GatewayEvent, GatewayEventKind, UnverifiedWebhook
from portal.billing.queries import attempt_of_checkout, open_attempt_of
from portal.billing.routes import hooks
from portal.billing.wiring import wired
from portal.kernel.db import PortalSession
from portal.kernel.principal import Principal
from portal.web.access import door, now, public

TO_LOOK_UP = {GatewayEventKind.PAID, GatewayEventKind.DECLINED, GatewayEventKind.EXPIRED}
OF_REFUNDS = {GatewayEventKind.REFUNDED, GatewayEventKind.REFUND_FAILED}


@hooks.post("/webhooks/cards")
@public("Verified by the gateway's signature", purpose="webhook")
def cards() -> ResponseReturnValue:
    """Take an event once. Any answer but 2xx makes the gateway send it again."""
    try:
        event = wired().gateway.read_webhook(
            payload=request.get_data(cache=False), signature=request.headers.get("Stripe-Signature", ""), now=now()
        )
    except UnverifiedWebhook:
        return {"error": "unverified"}, 400
    if event.tenant_id is None or event.kind not in TO_LOOK_UP | OF_REFUNDS:
        return {"taken": False}
    ours = Principal.system(tenant_id=event.tenant_id, purpose="billing")
    with door().database.transaction(ours) as session:
        if is_new := take_event(session, event=event, now=now()):
            _act(session, event)
    return {"taken": is_new}


def _act(session: PortalSession, event: GatewayEvent) -> None:
    if event.kind in OF_REFUNDS:
        take_refund(session, event=event, now=now())
        return
    attempt = None
    if event.checkout_id:
        attempt = attempt_of_checkout(session, checkout_id=event.checkout_id)
    elif event.invoice_id:  # a refused card is told of the payment, which does not name its page
        attempt = open_attempt_of(session, invoice_id=event.invoice_id)
    if attempt is not None:
        ask_look_up(session, attempt=attempt, key=f"event:{event.id}", due_at=now())


# Another origin's form cannot bear the gateway's signature.
cards.__csrf_exempt__ = True  # type: ignore[attr-defined]  # read by app's factory
