"""Pages of a visit: the patient's waiting room and call, the device test, the message's link, the clinician's verbs."""

from flask import Blueprint

blueprint = Blueprint("visits", __name__, url_prefix="/<clinic>")

from portal.visits.routes import chat, conduct, device_test, join, link  # noqa: E402,F401  # they hang on the blueprint
