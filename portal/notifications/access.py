"""Who may do what with messages."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of notifications."""

    TROUBLE_LIST = "message-trouble:list"


HOLDERS = {Permission.TROUBLE_LIST: (Role.CLINIC_ADMIN,)}
register_permissions(HOLDERS)
