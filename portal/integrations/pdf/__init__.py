"""Documents as tagged PDF, by WeasyPrint."""

from portal.integrations.pdf.renderer import AddressInDocument, WeasyPrintRenderer

__all__ = ["AddressInDocument", "WeasyPrintRenderer"]
