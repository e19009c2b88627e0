"""Who may do what with red flags."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of triage."""

    NOTICE_LIST = "red-flag-notice:list"
    NOTICE_HANDLE = "red-flag-notice:handle"


HOLDERS = {
    Permission.NOTICE_LIST: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.NOTICE_HANDLE: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
}
register_permissions(HOLDERS)
