"""A trainer's cohorts: making them, who teaches and learns in them, the codes."""

from flask import Blueprint

bp = Blueprint("cohorts", __name__, url_prefix="/cohorts")
