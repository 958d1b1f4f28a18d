"""The gradebook on the screen, as files and for print."""

from flask import Blueprint

bp = Blueprint("gradebook", __name__, url_prefix="/cohorts/<cohort>/gradebook")
