"""The web process: `gunicorn -c deploy/gunicorn.py wsgi:app`."""

import threading

from portal.app.factory import create_app
from portal.app.processes import make_process
from portal.charting import search_diagnoses
from portal.kernel.config import load_settings
from portal.kernel.logs import configure_logging

configure_logging()
app = create_app(make_process(load_settings()))
# The index of diagnoses takes seconds to make: not while the first clinician waits for it.
threading.Thread(target=search_diagnoses, args=("a",), daemon=True).start()
