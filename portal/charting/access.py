"""Who may do what with the record. Whose record it is, the database decides."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of charting."""

    NOTE_WRITE = "note:write"
    NOTE_READ_OWN = "note:read-own"
    HISTORY_READ = "history:read"
    HISTORY_WRITE = "history:write"


HOLDERS = {
    Permission.NOTE_WRITE: (Role.CLINICIAN,),
    Permission.NOTE_READ_OWN: (Role.PATIENT,),
    Permission.HISTORY_READ: (Role.CLINICIAN,),
    Permission.HISTORY_WRITE: (Role.CLINICIAN,),
}
register_permissions(HOLDERS)
