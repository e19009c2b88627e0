"""How much a request may say: a form's words, a page's JSON. Files have the larger limit of the settings.

What is not a form with files is read whole and at once, so that it must be small.
"""

from flask import Flask, request

WORDS_BYTES = 1_000_000


def install(app: Flask) -> None:
    """Set the limit before anything reads the body. What is over it is a 413."""
    app.config["MAX_FORM_MEMORY_SIZE"] = WORDS_BYTES
    app.before_request(_limit)


def _limit() -> None:
    if not has_files():
        request.max_content_length = WORDS_BYTES


def has_files() -> bool:
    """The request is a form that may hold files."""
    return request.mimetype == "multipart/form-data"
