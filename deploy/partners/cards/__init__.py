"""The part of Stripe that the portal uses: Checkout Sessions, refunds, the hosted page, webhooks. No money moves.

forms.py     nested parameters as Stripe takes them
store.py     objects, answered idempotency keys and webhooks still to deliver, in one SQLite file
gateway.py   what a checkout, a card and a refund do
api.py       Stripe's HTTP interface over it
page.py      the page on which a patient pays
courier.py   signs webhooks and delivers them until they are taken
"""
