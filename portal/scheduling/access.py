"""Who may do what with appointments, calendars and visit types."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Permissions of scheduling."""

    APPOINTMENT_READ = "appointment:read"
    APPOINTMENT_BOOK = "appointment:book"
    APPOINTMENT_CHANGE = "appointment:change"
    APPOINTMENT_BOOK_FOR_PATIENT = "appointment:book-for-patient"
    APPOINTMENT_CHANGE_FOR_PATIENT = "appointment:change-for-patient"
    CALENDAR_READ = "calendar:read"
    AVAILABILITY_EDIT = "availability:edit"
    VISIT_TYPE_EDIT = "visit-type:edit"


HOLDERS = {
    Permission.APPOINTMENT_READ: (Role.PATIENT,),
    Permission.APPOINTMENT_BOOK: (Role.PATIENT,),
    Permission.APPOINTMENT_CHANGE: (Role.PATIENT,),
    Permission.APPOINTMENT_BOOK_FOR_PATIENT: (Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN),
    Permission.APPOINTMENT_CHANGE_FOR_PATIENT: (Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN),
    Permission.CALENDAR_READ: (Role.FRONT_DESK, Role.CLINICIAN, Role.CLINIC_ADMIN),
    Permission.AVAILABILITY_EDIT: (Role.CLINICIAN, Role.CLINIC_ADMIN),
    Permission.VISIT_TYPE_EDIT: (Role.CLINIC_ADMIN,),
}

register_permissions(HOLDERS)
