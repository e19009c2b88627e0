"""Who may do what with intakes."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of intake."""

    INTAKE_FILL = "intake:fill"
    INTAKE_READ = "intake:read"
    FORM_PUBLISH = "intake-form:publish"


HOLDERS = {
    Permission.INTAKE_FILL: (Role.PATIENT,),
    Permission.INTAKE_READ: (Role.CLINICIAN,),
    Permission.FORM_PUBLISH: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
