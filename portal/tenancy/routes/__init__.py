"""The blueprint of tenancy: how the clinic looks."""

from flask import Blueprint

blueprint = Blueprint("tenancy", __name__, url_prefix="/<clinic>")

from portal.tenancy.routes import look  # noqa: E402, F401  # it hangs on the blueprint
