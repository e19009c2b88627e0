"""Organisations (tenants): the clinic's name, place, language, zone, currency, jurisdiction and branding."""

from portal.tenancy.models import Organisation
from portal.tenancy.operations import create_organisation
from portal.tenancy.queries import clinic_by_slug, list_clinics, own_clinic

__all__ = ["Organisation", "clinic_by_slug", "create_organisation", "list_clinics", "own_clinic"]
