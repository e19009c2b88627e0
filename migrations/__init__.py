"""Numbered migrations, one head; each is written in SQL and secures the tables that it makes."""
