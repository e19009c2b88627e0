"""Who may open which workspace. What stands on it, each context's own permissions and policies decide."""

from portal.kernel.permissions import STAFF_ROLES, Role, register_permissions


class Permission:
    """Permissions of workspaces."""

    HOME_READ = "home:read"
    HOME_KEEP = "home:keep"
    ACCESS_OWN = "access:own"
    ACCESS_READ = "access:read"
    ACCESS_END = "access:end"
    ACCESS_LOG_READ = "access-log:read"
    EMERGENCY_JUDGE = "emergency:judge"
    CLINIC_RUN = "clinic:run"
    BOARD_READ = "board:read"
    OWN_DAY_READ = "own-day:read"
    PREVIEW = "preview:look"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_RETRY = "operations:retry"


HOLDERS = {
    # Staff who open it are led to their own start.
    Permission.HOME_READ: (Role.PATIENT, *STAFF_ROLES),
    # On the device, for when there is no connection: never on a computer of the clinic.
    Permission.HOME_KEEP: (Role.PATIENT,),
    Permission.ACCESS_OWN: (Role.PATIENT,),
    Permission.ACCESS_READ: (Role.FRONT_DESK, Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
    Permission.ACCESS_END: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    # Who looked, which the front desk does not see.
    Permission.ACCESS_LOG_READ: (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
    Permission.EMERGENCY_JUDGE: (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
    # Whoever opens the board and has no part in it is led to their own start.
    Permission.BOARD_READ: tuple(STAFF_ROLES),
    Permission.OWN_DAY_READ: (Role.CLINICIAN,),
    # The page of links to what is set up once, and looked after.
    Permission.CLINIC_RUN: (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER),
    # Patients' pages with invented people, for who writes what stands on them.
    Permission.PREVIEW: (Role.CLINIC_ADMIN,),
    Permission.OPERATIONS_READ: (Role.CLINIC_ADMIN,),
    Permission.OPERATIONS_RETRY: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
