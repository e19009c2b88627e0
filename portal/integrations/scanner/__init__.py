"""Scanners of uploaded files."""

from portal.integrations.scanner.clamd import ClamdScanner

__all__ = ["ClamdScanner"]
