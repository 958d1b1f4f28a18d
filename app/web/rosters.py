"""A roster file: read, shown with each row's faults, then taken."""

from flask import Blueprint

bp = Blueprint("rosters", __name__, url_prefix="/cohorts/<cohort>/roster")
