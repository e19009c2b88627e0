"""Documents as tagged PDF, by WeasyPrint."""

from portal.integrations.pdf.renderer import WeasyPrintRenderer

__all__ = ["WeasyPrintRenderer"]
