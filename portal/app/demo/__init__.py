"""The demo: clinics with people, hours, prices and visits to come. Opted into with DEMO=true, never in production."""

from portal.app.demo.accounts import demo_accounts
from portal.app.demo.seed import seed_demo

__all__ = ["demo_accounts", "seed_demo"]
