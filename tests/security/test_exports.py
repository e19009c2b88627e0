"""Tables as files: saved, in a sandbox, and never computed."""

from flask import Flask

from portal.kernel.spreadsheets import csv_file
from portal.web.pages import document


def test_a_table_is_a_file_in_which_no_cell_is_computed(app: Flask) -> None:
    with app.test_request_context("/"):
        table = csv_file(["Name"], [["=1+1"], [None]])
        answer = app.process_response(document(table, media_type="text/csv; charset=utf-8", filename="names.csv"))
    assert answer.get_data().decode("utf-8-sig") == '"Name"\r\n"\'=1+1"\r\n""\r\n'
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=names.csv"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
