"""`python3 -m app` and its commands. Without a command it runs the site."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import NoReturn

import click
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from tqdm import tqdm

from app.bank.files import BankFiles
from app.bank.problems import BankUnreadable
from app.bank.reader import read_bank
from app.catalogues import compile_catalogues, speak_the_terminals_language
from app.cli_backup import add_care_commands
from app.cli_bank import bank_commands, problem_text
from app.config import RANGES, ROOT, Settings, SettingsError, load_settings
from app.factory import create_app
from app.instance_lock import InstanceInUse, hold_instance
from app.server import port_is_free, serve
from app.services.bank import LoadReport, load_bank
from app.services.people import MINUTES, SET_UP, make_link
from app.start_checks import (
    CannotStart,
    alone,
    database_text,
    folder_text,
    require_known_schema,
    require_promises,
    require_writable,
)
from app.storage.database import db
from app.storage.people import has_administrator
from app.web.site import EXTENSION

OTHERS = 0o077
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the command line names."""

    instance: Path
    host: str | None
    port: int | None


def main() -> None:
    """Run the command line in the terminal's language."""
    compile_catalogues()
    speak_the_terminals_language()
    commands()(prog_name="python3 -m app")


def commands() -> click.Group:
    """Build the commands; their help speaks the language that gettext has now."""

    @click.group(
        invoke_without_command=True,
        help=_("PeerPrep. Without a command it sets up what is missing and runs the site."),
    )
    @click.option(
        "--host",
        envvar="PEERPREP_HOST",
        metavar=_("ADDRESS"),
        help=_("The address to listen on."),
    )
    @click.option(
        "--port",
        type=click.IntRange(*RANGES["port"]),
        envvar="PEERPREP_PORT",
        metavar=_("NUMBER"),
        help=_("The port to listen on."),
    )
    @click.option(
        "--instance",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PEERPREP_INSTANCE",
        default=ROOT / "instance",
        help=_("The folder for database, secret key and settings."),
    )
    @click.pass_context
    def group(context: click.Context, host: str | None, port: int | None, instance: Path) -> None:
        context.obj = Chosen(instance, host, port)
        if context.invoked_subcommand is None:
            run_site(context.obj)

    banks = bank_commands()
    banks.add_command(_load_command())
    group.add_command(banks)
    group.add_command(_demo_command())
    group.add_command(_set_up_link_command())
    add_care_commands(group, _settings)
    return group


def run_site(chosen: Chosen) -> None:
    """Set up what is missing and serve until stopped."""
    settings = _settings(chosen)
    _refuse_open_doors(settings)
    with _told_in_a_sentence():
        require_writable(settings)
    with _held(settings):
        if not port_is_free(settings):
            _stop(
                _("Port %(port)s on %(host)s is in use. Choose another with --port.")
                % {"port": settings.port, "host": settings.host}
            )
        app = prepare(settings)
        say(_("PeerPrep is running at %(address)s") % {"address": settings.address})
        say(_("Stop it with Ctrl+C."))
        with app.app_context():
            if not has_administrator():
                _say_set_up_link(settings)
        serve(app, settings)


def prepare(settings: Settings) -> Flask:
    """Make the database and load the bank, saying so."""
    with _told_in_a_sentence():
        require_writable(settings)
    with tqdm(total=3, leave=False, disable=None) as steps:
        steps.set_description(_("Reading the question bank"))
        try:
            bank = read_bank(settings.bank)
        except BankUnreadable as error:
            problem = error.problem
            _stop(f"{problem.path}:{problem.line}: {problem_text(problem)}")
        steps.update()
        app = _made(settings, bank)
        steps.set_description(_("Bringing the database up to date"))
        with _told_in_a_sentence():
            report = _brought_up_to_date(app, bank, steps)
    _say_report(report)
    for problem in bank.problems:
        say(f"{problem.path}:{problem.line}: {problem_text(problem)}")
    return app


def _brought_up_to_date(app: Flask, bank: BankFiles, steps: "tqdm[NoReturn]") -> LoadReport:
    with app.app_context():
        require_promises(db.engine)
        with alone():
            require_known_schema()
            upgrade()
            db.session.remove()
            steps.update()
            steps.set_description(_("Loading the question bank"))
            report = load_bank(bank, datetime.now(UTC))
            steps.update()
        db.session.remove()
    return report


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
    """Stop with a sentence, not a trace, where the start cannot go on."""
    try:
        yield
    except CannotStart as error:
        _stop(str(error))
    except sa.exc.OperationalError as error:
        _stop(database_text(error))


def say(text: str) -> None:
    """Tell the operator something."""
    click.echo(text, err=True)


def _load_command() -> click.Command:
    @click.command("load", help=_("Load the question bank's files into the database."))
    @click.pass_obj
    def load(chosen: Chosen) -> None:
        prepare(_settings(chosen))

    return load


def _demo_command() -> click.Command:
    @click.command(
        "demo", help=_("Fill an empty instance with a cast to look at, and say how to sign in.")
    )
    @click.pass_obj
    def demo(chosen: Chosen) -> None:
        from app.services.demo import fill_demo  # noqa: PLC0415 (only here)

        app = prepare(_settings(chosen))
        with app.app_context(), tqdm(total=100, leave=False, disable=None) as bar:
            bar.set_description(_("Filling the demonstration"))
            cast = fill_demo(app.extensions[EXTENSION], datetime.now(UTC), bar.update)
        if cast is None:
            _stop(_("This instance has people already. The demonstration needs an empty one."))
        say(_("Everybody's password is %(password)s") % {"password": cast.password})
        for line in cast.lines:
            say(f"  {line.username:<8} {_(line.description)}")

    return demo


def _set_up_link_command() -> click.Command:
    @click.command(
        "setup-link", help=_("Print a new one-time link to make the first administrator.")
    )
    @click.pass_obj
    def setup_link(chosen: Chosen) -> None:
        settings = _settings(chosen)
        app = prepare(settings)
        with app.app_context():
            if has_administrator():
                _stop(_("There is an administrator already, who can give others that role."))
            _say_set_up_link(settings)

    return setup_link


def _say_set_up_link(settings: Settings) -> None:
    token = make_link(SET_UP, datetime.now(UTC))
    say(
        _("There is no administrator yet. Open this link once, within %(minutes)s minutes:")
        % {"minutes": MINUTES[SET_UP]}
    )
    say(f"  {settings.address}/setup/{token}")


def _say_report(report: LoadReport) -> None:
    changed = report.added + report.revised + report.retired
    if changed:
        say(
            _("Question bank: %(added)s new, %(revised)s revised, %(retired)s retired items.")
            % {"added": report.added, "revised": report.revised, "retired": report.retired}
        )
    if report.problems:
        count = report.problems
        say(
            ngettext(
                "%(num)s fault in the bank; the site runs with the rest:",
                "%(num)s faults in the bank; the site runs with the rest:",
                count,
            )
            % {"num": count}
        )


def _settings(chosen: Chosen) -> Settings:
    try:
        return load_settings(chosen.instance, host=chosen.host, port=chosen.port)
    except SettingsError as error:
        _stop_for(error)
    except OSError as error:
        _stop(folder_text(chosen.instance, error))


def _made(settings: Settings, bank: BankFiles) -> Flask:
    os.umask(OTHERS)  # the database and its log are the operator's alone, like the secret key
    try:
        return create_app(settings, bank)
    except SettingsError as error:
        _stop_for(error)


def _stop_for(error: SettingsError) -> NoReturn:
    reasons = {
        "unknown": _("there is no such setting"),
        "wrong_kind": _("the value is of the wrong kind"),
        "out_of_range": _("the number is too small or too large"),
        "not_a_web_address": _("the address must begin with http:// or https://"),
        "not_a_database": _("the address must begin with postgresql://"),
        "no_such_zone": _("there is no such time zone; write it like America/Los_Angeles"),
        "no_zone_data": _("this machine has no time zones; install the package tzdata"),
        "too_short": _("this is no secret; delete the file, and a new one is made at the start"),
        "readable_by_others": _("others can read this file; make it private (chmod 600)"),
    }
    _stop(f"{error.where}: {error.name}: {reasons.get(error.why, error.why)}")


def _refuse_open_doors(settings: Settings) -> None:
    safe = settings.host in LOOPBACK or settings.proxies or settings.insecure_lan
    if not safe:
        _stop(
            _(
                "%(host)s can be reached from other machines, and nothing encrypts the way. "
                "Put a proxy with TLS in front and set proxies = 1 and public_url, "
                "or set insecure_lan = true if you accept that."
            )
            % {"host": settings.host}
        )


def _held(settings: Settings) -> hold_instance:
    try:
        return hold_instance(settings.instance)
    except InstanceInUse:
        _stop(
            _("Another PeerPrep is running on the folder %(folder)s.")
            % {"folder": settings.instance}
        )


def _stop(text: str) -> NoReturn:
    say(text)
    sys.exit(1)
