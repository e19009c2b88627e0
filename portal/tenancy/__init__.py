"""Organisations (tenants): the clinic's name, place, language, zone, currency, jurisdiction and branding.

How each looks: versions, the logo, and what stands at the head of its mail and papers. And what each has signed with
the partners that see its patients' data.
"""

from portal.tenancy.access import Permission
from portal.tenancy.models import Agreement, Organisation
from portal.tenancy.operations import EndsBeforeItBegins, create_organisation, end_agreement, record_agreement
from portal.tenancy.queries import agreements, clinic_by_slug, letterhead, list_clinics, own_clinic
from portal.tenancy.rules import Emblem, Letterhead

__all__ = [
    "Agreement",
    "Emblem",
    "EndsBeforeItBegins",
    "Letterhead",
    "Organisation",
    "Permission",
    "agreements",
    "clinic_by_slug",
    "create_organisation",
    "end_agreement",
    "letterhead",
    "list_clinics",
    "own_clinic",
    "record_agreement",
]
