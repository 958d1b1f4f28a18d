"""Who has not started, what the group finds hard, what to teach next."""

from flask import Blueprint

bp = Blueprint("board", __name__, url_prefix="/cohorts/<cohort>/board")
