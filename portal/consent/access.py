"""Who may do what with consents."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of consent."""

    CONSENT_READ = "consent:read"
    CONSENT_SIGN = "consent:sign"
    CONSENT_WITHDRAW = "consent:withdraw"


HOLDERS = {
    Permission.CONSENT_READ: (Role.PATIENT,),
    Permission.CONSENT_SIGN: (Role.PATIENT,),
    Permission.CONSENT_WITHDRAW: (Role.PATIENT,),
}
register_permissions(HOLDERS)
