"""Who may do what with accounts and sessions."""

from portal.kernel.permissions import STAFF_ROLES, Role, register_permissions


class Permission:
    """Permissions of identity."""

    SESSION_LIST = "session:list"
    SESSION_REVOKE = "session:revoke"
    FACTOR_OWN = "factor:own"
    PROVIDER_SET = "identity-provider:set"
    PASSWORD_OWN = "password:own"  # noqa: S105  # a permission's name


EVERYBODY = (Role.PATIENT, *STAFF_ROLES)
HOLDERS = {
    Permission.SESSION_LIST: EVERYBODY,
    Permission.SESSION_REVOKE: EVERYBODY,
    Permission.FACTOR_OWN: EVERYBODY,
    Permission.PASSWORD_OWN: EVERYBODY[1:],
    Permission.PROVIDER_SET: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
