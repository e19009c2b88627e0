"""Card payments, over Stripe's hosted payment page."""

from portal.integrations.cards.stripe_gateway import StripeCardGateway

__all__ = ["StripeCardGateway"]
