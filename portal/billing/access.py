"""Who may do what with money. Whose invoice it is, the database decides."""

from portal.kernel.permissions import Role, register_permissions


class Permission:
    """Names of the permissions."""

    INVOICE_READ = "invoice:read"
    INVOICE_PAY = "invoice:pay"
    INVOICE_LIST = "invoice:list"
    INVOICE_REFUND = "invoice:refund"
    PRICE_SET = "price:set"


HOLDERS = {
    Permission.INVOICE_READ: (Role.PATIENT,),
    Permission.INVOICE_PAY: (Role.PATIENT,),
    Permission.INVOICE_LIST: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.INVOICE_REFUND: (Role.FRONT_DESK, Role.CLINIC_ADMIN),
    Permission.PRICE_SET: (Role.CLINIC_ADMIN,),
}
register_permissions(HOLDERS)
