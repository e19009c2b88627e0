"""Pages of billing: the patient's invoices and payments, the office's invoices and prices, the gateway's webhook."""

from flask import Blueprint

blueprint = Blueprint("billing", __name__, url_prefix="/<clinic>")
#: Called by the gateway, which knows one address for all clinics.
hooks = Blueprint("billing_hooks", __name__)
blueprints = (blueprint, hooks)

from portal.billing.routes import invoices, office, pay, prices, webhooks  # noqa: E402,F401  # they hang on the blueprints
