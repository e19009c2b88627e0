"""Organisations (tenants): the clinic's name, place, language, zone, currency, jurisdiction and branding.

How each looks: versions, and the logo. And what each has signed with the partners that see its patients' data.
"""

from portal.tenancy.access import Permission
from portal.tenancy.models import Agreement, Organisation
from portal.tenancy.operations import EndsBeforeItBegins, create_organisation, end_agreement, record_agreement
from portal.tenancy.queries import agreements, clinic_by_slug, list_clinics, own_clinic

__all__ = [
    "Agreement",
    "EndsBeforeItBegins",
    "Organisation",
    "Permission",
    "agreements",
    "clinic_by_slug",
    "create_organisation",
    "end_agreement",
    "list_clinics",
    "own_clinic",
    "record_agreement",
]
