"""Who may do what with coverages."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of eligibility."""

    COVERAGE_READ = "coverage:read"
    COVERAGE_CHECK = "coverage:check"


HOLDERS = {
    Permission.COVERAGE_READ: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.COVERAGE_CHECK: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
}
register_permissions(HOLDERS)
