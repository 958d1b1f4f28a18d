"""One member: accommodations, more time, tries given back, results."""

from flask import Blueprint

bp = Blueprint("records", __name__, url_prefix="/cohorts/<cohort>/people")
