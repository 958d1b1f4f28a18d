"""The blueprint that every page about accounts hangs on."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)
