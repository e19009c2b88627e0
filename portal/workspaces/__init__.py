"""Screens that show several contexts at once: clinic page, patient home, board, clinician's visit page. No tables."""
