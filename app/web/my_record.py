"""What a candidate can read about accommodations and looks at the record."""

from flask import Blueprint

bp = Blueprint("my_record", __name__, url_prefix="/my-record")
