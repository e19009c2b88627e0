"""A small application around the design system: the toolkit's real doors, no context, no database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from jinja2 import StrictUndefined
from playwright.sync_api import Browser, BrowserContext, Page

from portal.app.design import design_blueprint
from portal.kernel.locale import LANGUAGES, ReaderLocale, set_locale
from portal.web import pages
from portal.web.assets import install_assets
from portal.web.components import install_components
from tests.support.kept import STATIC, keep_templates

ROOT = Path(__file__).resolve().parents[2]


def make_app() -> Flask:
    app = Flask("face", template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(SECRET_KEY="0" * 32, TESTING=True)

    @app.before_request
    def settle() -> None:
        from flask import request

        g.csp_nonce = "n0nce"
        language = request.args.get("lang", "en")
        set_locale(ReaderLocale(language if language in LANGUAGES else "en", "America/Chicago"))

    # As portal.app.factory sets them.
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    keep_templates(app)
    pages.install(app)
    install_assets(app, root=ROOT / "static", cache_dir=STATIC)
    install_components(app)
    app.register_blueprint(design_blueprint())
    return app


@pytest.fixture(scope="session")
def app() -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def within(app: Flask) -> Iterator[Flask]:
    """Inside a request, for rendering a macro by itself."""
    with app.test_request_context("/"):
        g.csp_nonce = "n0nce"
        set_locale(ReaderLocale("en", "America/Chicago"))
        yield app


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 360, "height": 640})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
