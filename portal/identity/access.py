"""Who may do what with accounts and sessions."""

from portal.kernel.permissions import STAFF_ROLES, Role, register_permissions


class Permission:
    """Permissions of identity."""

    SESSION_LIST = "session:list"
    SESSION_REVOKE = "session:revoke"
    FACTOR_OWN = "factor:own"
    PROVIDER_SET = "identity-provider:set"
    SESSION_LOCK = "session:lock"
    PIN_OWN = "pin:own"
    SHARED_PC_SET = "shared-pc:set"
    PASSWORD_OWN = "password:own"  # noqa: S105  # a permission's name
    PEOPLE_READ = "people:read"
    PEOPLE_EDIT = "people:edit"
    REVIEW = "access-review:decide"


EVERYBODY = (Role.PATIENT, *STAFF_ROLES)
HOLDERS = {
    Permission.SESSION_LIST: EVERYBODY,
    Permission.SESSION_REVOKE: EVERYBODY,
    Permission.FACTOR_OWN: EVERYBODY,
    Permission.SESSION_LOCK: EVERYBODY[1:],
    Permission.PIN_OWN: EVERYBODY[1:],
    Permission.SHARED_PC_SET: (Role.CLINIC_ADMIN,),
    Permission.PASSWORD_OWN: EVERYBODY[1:],
    Permission.PROVIDER_SET: (Role.CLINIC_ADMIN,),
    # Who works here and what they may do; the privacy officer looks, and changes nothing.
    Permission.PEOPLE_READ: (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
    Permission.PEOPLE_EDIT: (Role.CLINIC_ADMIN,),
    # Both, so that there is somebody to decide about a clinic's only administrator.
    Permission.REVIEW: (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
}
register_permissions(HOLDERS)
