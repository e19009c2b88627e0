"""Which named rule of the database refused a statement."""

from sqlalchemy.exc import DBAPIError


def constraint_of(error: DBAPIError) -> str | None:
    """Name of the constraint that a failed statement broke, or None. Operations map it to a named exception."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)
