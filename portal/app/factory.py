"""Makes the Flask application."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.app import errors, wiring
from portal.app.design import design_blueprint
from portal.app.processes import Process
from portal.app.registry import register_routes
from portal.app.root import demo_blueprint, root_blueprint
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.web import access, headers, limits, origin, pages, transactions
from portal.web.assets import install_assets
from portal.web.components import install_components

ROOT = Path(__file__).resolve().parents[2]


def create_app(process: Process, *, now: Callable[[], datetime] = utc_now) -> Flask:
    """The portal's web application over one process's parts. `now` is the clock that every request reads once."""
    settings = process.settings
    app = Flask("portal", root_path=str(ROOT), template_folder="templates", static_folder=None)
    _configure(app, settings)
    limits.install(app)
    access.install(app, wiring.door_of(process, now=now))
    origin.install(app)
    transactions.install(app)
    csrf = CSRFProtect(app)
    pages.install(app)
    headers.install(
        app,
        socket_sources=_socket_sources(settings),
        https_only=urlsplit(settings.public_url).scheme == "https",
    )
    install_assets(app, root=ROOT / "static", cache_dir=settings.static_cache_dir)
    install_components(app)
    errors.install(app)
    wiring.wire_web(app, process)
    app.register_blueprint(root_blueprint)
    register_routes(app)
    for view in app.view_functions.values():
        if getattr(view, "__csrf_exempt__", False):
            csrf.exempt(view)
    if settings.demo:
        app.register_blueprint(demo_blueprint)
        app.register_blueprint(design_blueprint())
    return app


def _configure(app: Flask, settings: Settings) -> None:
    hosts = settings.trusted_hosts or (urlsplit(settings.public_url).hostname or "localhost",)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="__Host-session",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + 1_000_000,
        TRUSTED_HOSTS=None if settings.demo else list(hosts),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # web.origin asks more, and takes Origin where a browser sends no Referer
        WTF_I18N_ENABLED=False,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = errors.StrictUndefined
    app.extensions["settings"] = settings
    app.jinja_env.globals["socket_address"] = settings.signaling_url or "/signaling"
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # Flask's own way


def _socket_sources(settings: Settings) -> tuple[str, ...]:
    if settings.signaling_url:
        parts = urlsplit(settings.signaling_url)
        return (f"{parts.scheme}://{parts.netloc}",)
    return ()
