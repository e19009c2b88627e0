"""The blueprint of scheduling."""

from flask import Blueprint

blueprint = Blueprint("scheduling", __name__, url_prefix="/<clinic>")
