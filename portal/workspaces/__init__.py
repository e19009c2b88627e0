"""Screens that show several contexts at once: clinic page, patient home, desk board, clinician's visit page. No tables."""
