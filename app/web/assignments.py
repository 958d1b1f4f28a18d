"""Setting a quiz or a mock for a cohort."""

from flask import Blueprint

bp = Blueprint("assignments", __name__, url_prefix="/cohorts/<cohort>/assignments")
