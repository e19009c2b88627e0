"""Who may do what with administrative patient data. Whose record it is, the database decides."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of patients."""

    REGISTER = "patient:register"
    CLAIM = "patient:claim"
    OWN_DETAILS = "patient:own-details"
    SEARCH = "patient:search"
    ADMINISTER = "patient:administer"
    DECIDE_CLAIM = "patient:decide-claim"
    PROXY_APPOINT = "proxy:appoint"
    PROXY_INVITE = "proxy:invite"
    BREAK_GLASS = "patient:break-glass"


DESK = (Role.FRONT_DESK, Role.CLINIC_ADMIN)
HOLDERS = {
    Permission.REGISTER: (Role.PATIENT,),
    Permission.CLAIM: (Role.PATIENT,),
    Permission.OWN_DETAILS: (Role.PATIENT,),
    Permission.SEARCH: DESK,
    Permission.ADMINISTER: DESK,
    Permission.DECIDE_CLAIM: DESK,
    Permission.PROXY_APPOINT: DESK,
    Permission.PROXY_INVITE: (Role.PATIENT,),
    Permission.BREAK_GLASS: (Role.CLINICIAN,),
}
register_permissions(HOLDERS)
