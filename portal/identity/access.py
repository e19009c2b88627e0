"""Who may do what with accounts and sessions."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of identity."""

    SESSION_LIST = "session:list"
    SESSION_REVOKE = "session:revoke"
    FACTOR_OWN = "factor:own"
    PASSWORD_OWN = "password:own"  # noqa: S105  # a permission's name


EVERYBODY = (Role.PATIENT, Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN)
HOLDERS = {
    Permission.SESSION_LIST: EVERYBODY,
    Permission.SESSION_REVOKE: EVERYBODY,
    Permission.FACTOR_OWN: EVERYBODY,
    Permission.PASSWORD_OWN: EVERYBODY[1:],
}
register_permissions(HOLDERS)
