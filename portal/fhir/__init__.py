"""FHIR R4 over the contexts below: takes in what other systems export.

Owns no tables: it reads a bundle, decides what of it the portal keeps, and writes through the public operations of
patients, practitioners and charting. What the portal itself gives out as FHIR is not here yet.
"""

from portal.fhir.operations import PURPOSE, Taken, import_bundle
from portal.fhir.rules import MAX_BYTES, BrokenFile

__all__ = ["MAX_BYTES", "PURPOSE", "BrokenFile", "Taken", "import_bundle"]
