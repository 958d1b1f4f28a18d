"""The application, wired: settings, database, languages, pages, errors. Nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_babel import Babel
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from app.bank.files import BankFiles
from app.config import ROOT, Settings, secret_key
from app.services.site import Site
from app.storage.database import db, engine_options, install_sqlite_settings, set_reading
from app.storage.pings import install_pings
from app.web import (
    access,
    accounts,
    administration,
    assigned,
    assignments,
    attempts,
    board,
    clock,
    cohorts,
    errors,
    gradebook,
    history,
    joining,
    language,
    my_record,
    origins,
    pages,
    records,
    results,
    rosters,
    saves,
    start,
    tries,
)
from app.web.again import install_again
from app.web.compression import compress
from app.web.form_bodies import MOST_FIELDS, SmallRequest
from app.web.headers import add_headers
from app.web.json_bodies import ShallowJson
from app.web.observability import install_observability
from app.web.pulse import PULSE, PulseFirst
from app.web.report_makers import ReportsApart
from app.web.saves_first import SavesFirst
from app.web.sessions import FormTokens, KnownSessions
from app.web.site import EXTENSION
from app.web.static_files import install_static_files
from app.web.templating import install_template_helpers
from app.web.whole_numbers import NumberInAddress

MIGRATIONS = Path(__file__).parent / "storage" / "migrations"
LARGEST_REQUEST = 1024 * 1024
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PAGES = (
    accounts.bp,
    assigned.bp,
    assignments.bp,
    board.bp,
    cohorts.bp,
    gradebook.bp,
    joining.bp,
    my_record.bp,
    records.bp,
    rosters.bp,
    administration.bp,
    attempts.bp,
    history.bp,
    language.bp,
    pages.bp,
    results.bp,
    saves.bp,
    start.bp,
    tries.bp,
)

csrf = FormTokens()


class PlainFlask(Flask):
    """Flask, for views and hooks that are all plain functions: none is looked at whether it is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings, bank: BankFiles) -> Flask:
    """The site for these settings and this bank; the database is neither made nor loaded here."""
    app = PlainFlask("app", static_folder=None, root_path=str(Path(__file__).parent))
    app.config.update(_flask_config(settings))
    app.url_map.converters["int"] = NumberInAddress
    app.request_class = SmallRequest
    app.session_interface = KnownSessions()
    app.json_provider_class = ShallowJson  # before Flask-Security builds upon it
    app.extensions[EXTENSION] = _site(settings, bank)
    _install_database(app)
    watch = install_observability(app, settings)
    Babel(app, locale_selector=language.select_language)
    app.before_request(clock.stamp)
    app.before_request(_open_for_reading_or_writing)
    csrf.init_app(app)
    app.before_request(origins.refuse_other_sites)
    accounts.install_accounts(app, settings)
    app.before_request(accounts.end_dead_sign_ins)
    app.before_request(access.enforce)
    app.after_request(compress)
    app.after_request(add_headers)
    install_template_helpers(app)
    errors.install_errors(app)
    install_again(app)
    for page in PAGES:
        app.register_blueprint(page)
    install_static_files(app, settings.instance)
    app.wsgi_app = ReportsApart(app, app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = SavesFirst(app, app.wsgi_app, watch)  # type: ignore[method-assign]
    pulse = app.extensions[PULSE] = PulseFirst(app, app.wsgi_app)
    app.wsgi_app = pulse  # type: ignore[method-assign]
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    secure = settings.address.startswith("https://")
    return {
        "SECRET_KEY": secret_key(settings.instance),
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database, settings.threads),
        "SESSION_COOKIE_NAME": "__Host-peerprep" if secure else "peerprep",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": MOST_FIELDS,
        "WTF_CSRF_TIME_LIMIT": None,  # a 150-minute exam must not lose its token
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "BABEL_DEFAULT_TIMEZONE": settings.time_zone,
    }


def _site(settings: Settings, bank: BankFiles) -> Site:
    return Site(
        settings=settings,
        blueprint=bank.blueprint,
        rules=bank.rules,
        taxonomy=bank.taxonomy,
        source_names={source.id: source.title for source in bank.sources},
    )


def _install_database(app: Flask) -> None:
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            install_sqlite_settings(db.engine)
        else:
            install_pings(db.engine)


def _open_for_reading_or_writing() -> None:
    set_reading(only=request.method in SAFE_METHODS)
