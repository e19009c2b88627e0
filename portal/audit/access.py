"""Who may look into the record of who saw what."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of audit."""

    INVESTIGATE = "audit:investigate"
    EXPORT = "audit:export"


INVESTIGATORS = (Role.CLINIC_ADMIN,)
HOLDERS = {
    Permission.INVESTIGATE: INVESTIGATORS,
    Permission.EXPORT: INVESTIGATORS,
}
register_permissions(HOLDERS)
