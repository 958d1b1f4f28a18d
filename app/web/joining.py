"""A candidate joins a cohort, says what its trainers may see, and leaves."""

from flask import Blueprint

bp = Blueprint("joining", __name__, url_prefix="/join")
