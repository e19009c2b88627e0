"""Framework-free ground: database, principal, permissions, ids, clock, money, encryption, events, objects, locale.

Knows no context and no Flask. Everything above may import its modules by name.
"""
