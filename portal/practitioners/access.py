"""Who may change the directory of practitioners; reading it is everybody's."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of practitioners."""

    PRACTITIONER_EDIT = "practitioner:edit"


HOLDERS = {
    Permission.PRACTITIONER_EDIT: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
