"""Who may say how the clinic looks; looking at it is everybody's."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of tenancy."""

    LOOK_SET = "look:set"


HOLDERS = {
    Permission.LOOK_SET: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
