"""Toolkit for routes: access, transactions, pages and fragments, fields, locale. Knows no context.

What it needs of one it declares in `ports`, and `portal.app` wires it.
"""
