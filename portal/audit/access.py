"""Who may look into the record of who saw what."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of audit."""

    INVESTIGATE = "audit:investigate"
    EXPORT = "audit:export"
    WATCH = "audit:watch"


INVESTIGATORS = (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER)
HOLDERS = {
    Permission.INVESTIGATE: INVESTIGATORS,
    Permission.EXPORT: INVESTIGATORS,
    # What is called unusual.
    Permission.WATCH: INVESTIGATORS,
}
register_permissions(HOLDERS)
