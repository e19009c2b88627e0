"""Errors that cross contexts. Each context names its own anticipated failures beside the function that raises them."""


class PortalError(Exception):
    """An anticipated failure. `code` is a stable word for logs and tests; it never holds patient data."""

    code = "error"


class NotFound(PortalError):
    """The row does not exist for this principal: missing, another's, or another tenant's, told alike."""

    code = "not-found"


class Forbidden(PortalError):
    """The principal lacks the permission that the operation needs."""

    code = "forbidden"


class Conflict(PortalError):
    """Somebody else changed it first; nothing was overwritten."""

    code = "conflict"


class PartnerUnavailable(PortalError):
    """Nothing happened at the partner; trying again is harmless."""

    code = "partner-unavailable"


class PartnerRefused(PortalError):
    """The partner refused for good."""

    code = "partner-refused"

    def __init__(self, message: str = "", *, code: str = "partner-refused") -> None:
        super().__init__(message)
        self.code = code


class PartnerUncertain(PortalError):
    """It may have happened at the partner: no answer came after sending."""

    code = "partner-uncertain"
