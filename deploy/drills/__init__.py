"""Drills: each makes a bad situation on the demo, does what its runbook says, and looks whether that helped.

`python -m deploy.drills.lost_device` and so on; the runbooks are in docs/security/runbooks. They make accounts and
patients of their own and run only where DEMO is set.
"""
