"""What is set for a candidate: the page before it, and its start."""

from flask import Blueprint

bp = Blueprint("assigned", __name__, url_prefix="/assigned/<assignment>")
