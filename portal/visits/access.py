"""Who may do what with visits. Whose visit it is, the database decides."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Names of the permissions."""

    VISIT_JOIN = "visit:join"
    VISIT_CONDUCT = "visit:conduct"
    VISIT_CHECK_IN = "visit:check-in"
    VISIT_READ = "visit:read"
    DEVICE_TEST = "visit:test-device"


HOLDERS = {
    Permission.VISIT_JOIN: (Role.PATIENT,),
    Permission.VISIT_CONDUCT: (Role.CLINICIAN,),
    Permission.VISIT_CHECK_IN: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.VISIT_READ: (Role.PATIENT, Role.CLINICIAN, Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.DEVICE_TEST: (Role.PATIENT,),
}
register_permissions(HOLDERS)
