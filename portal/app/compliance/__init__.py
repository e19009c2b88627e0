"""`portal compliance scan`: whether code, database and settings are as the security documents say.

Owns the table of checks (`table.CHECKS`), one module a kind of check, and the report. It reads the catalog, settings,
days and states; of a patient's record nothing but how many decisions wait since when.
"""

from portal.app.compliance.findings import Check, Finding, Ground, Severity, scan
from portal.app.compliance.report import as_html, as_json, as_text
from portal.app.compliance.table import CHECKS

__all__ = ["CHECKS", "Check", "Finding", "Ground", "Severity", "as_html", "as_json", "as_text", "scan"]
