"""The demo's clinics: what they are stands in clinics.json, and is made here by the portal's own operations.

Owns no table and runs in no production: the command line refuses where DEMO is not set.
"""

from portal.app.demo.definition import DemoClinic, demo_clinics
from portal.app.demo.seeding import PASSWORD, Seeded, demo_secret, seed_demo

__all__ = ["PASSWORD", "DemoClinic", "Seeded", "demo_clinics", "demo_secret", "seed_demo"]
