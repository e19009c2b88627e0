"""The web process: `gunicorn -c deploy/gunicorn.py wsgi:app`."""

from portal.app.factory import create_app
from portal.app.processes import make_process
from portal.kernel.config import load_settings
from portal.kernel.logs import configure_logging

configure_logging()
app = create_app(make_process(load_settings()))
