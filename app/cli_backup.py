"""Looking after a site: backup, restore, move, maintenance, doctor."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa
from tqdm import tqdm

from app.catalogues import N_
from app.cli_doctor import doctor_command
from app.config import Settings
from app.instance_lock import InstanceInUse, hold_instance
from app.services.backup import BackupRefused, Progress, default_backup, make_backup
from app.services.maintenance import maintenance_of, turn_off, turn_on
from app.services.restore import move, restore
from app.storage.backup_files import Manifest, Why

SettingsOf = Callable[[Any], Settings]
"""Reads the settings that the command line names, or stops with what is wrong in them."""

REFUSALS = {
    Why.ALTERED: N_("%(file)s was changed or damaged after it was made."),
    Why.CANNOT_LOAD: N_("The database does not take what is in the backup: %(reason)s"),
    Why.CANNOT_WRITE: N_("%(file)s cannot be read or written: %(reason)s"),
    Why.DAMAGED: N_("The database is damaged, so no backup of it was made: %(reason)s"),
    Why.FOREIGN: N_("%(file)s is not a PeerPrep backup, or its end is missing."),
    Why.NEWER_FORMAT: N_("%(file)s was made by a newer PeerPrep. Please update this one first."),
    Why.NEWER_SCHEMA: N_("%(file)s was made by a newer PeerPrep. Please update this one first."),
    Why.NO_DATABASE: N_("There is no database at %(file)s."),
    Why.NO_FILE: N_("%(file)s is not there."),
    Why.NOT_EMPTY: N_("The PostgreSQL database has tables already. Please name an empty one."),
    Why.NOT_OURS: N_(
        "%(file)s is there already and is not a PeerPrep backup. Choose another name."
    ),
    Why.NOT_SQLITE: N_("This site is not on SQLite. To leave PostgreSQL, use backup and restore."),
    Why.OVERSIZED: N_("%(file)s would unpack to far more than a backup holds. It was not used."),
    Why.UNEQUAL: N_("The copy did not come out equal to the backup."),
    Why.UNREACHABLE: N_("The database does not answer: %(reason)s"),
}


def add_care_commands(group: click.Group, settings_of: SettingsOf) -> None:
    """Add the commands; their help speaks the language that gettext has now."""
    group.add_command(_backup_command(settings_of))
    group.add_command(_restore_command(settings_of))
    group.add_command(_move_command(settings_of))
    group.add_command(_maintenance_command(settings_of))
    group.add_command(doctor_command(settings_of))


def _backup_command(settings_of: SettingsOf) -> click.Command:
    @click.command(
        "backup", help=_("Write everything in the database to one file; the site may run.")
    )
    @click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar=_("FILE"),
        help=_("The file to write. Without it: one named by the time, in the instance's backups."),
    )
    @click.pass_obj
    def backup(chosen: Any, out: Path | None) -> None:  # noqa: ANN401 (the caller's)
        settings, now = settings_of(chosen), datetime.now(UTC)
        with _working(_("Backing up")) as progress:
            out = out or default_backup(settings, now)
            manifest = make_backup(settings, out, now, progress)
        click.echo(_("Backup: %(file)s, %(rows)s rows.") % {"file": out, "rows": _rows(manifest)})
        click.echo(
            _("The secret key is not in it: keep instance/secret_key in another safe place.")
        )

    return backup


def _restore_command(settings_of: SettingsOf) -> click.Command:
    @click.command(
        "restore", help=_("Put a backup in the database's place; the site must be stopped.")
    )
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar=_("FILE"))
    @click.pass_obj
    def restore_(chosen: Any, file: Path) -> None:  # noqa: ANN401 (the caller's)
        settings = settings_of(chosen)
        with _alone(settings), _working(_("Restoring"), unchanged=True) as progress:
            done = restore(settings, file, datetime.now(UTC), progress)
        told = {"rows": _rows(done.manifest), "time": done.manifest.created_at}
        click.echo(_("Restored: %(rows)s rows, as they were at %(time)s.") % told)
        if done.kept:
            click.echo(_("The database before it is kept: %(file)s") % {"file": done.kept})
        if not (settings.instance / "secret_key").exists():
            click.echo(
                _(
                    "Put the site's secret_key back before the next start: "
                    "without it authenticator apps stop working."
                )
            )

    return restore_


def _move_command(settings_of: SettingsOf) -> click.Command:
    @click.command(
        "move", help=_("Copy the SQLite database to an empty PostgreSQL; the site must be stopped.")
    )
    @click.option(
        "--to",
        "target",
        required=True,
        metavar="postgresql://…",
        help=_("The address of the empty database."),
    )
    @click.pass_obj
    def move_(chosen: Any, target: str) -> None:  # noqa: ANN401 (the caller's)
        settings, shown = settings_of(chosen), _without_password(target)
        with _alone(settings), _working(_("Moving"), unchanged=True) as progress:
            manifest = move(settings, target, datetime.now(UTC), progress)
        click.echo(
            _("Moved: %(rows)s rows in %(tables)s tables, counted and compared.")
            % {"rows": _rows(manifest), "tables": len(manifest.tables)}
        )
        click.echo(_("The SQLite database is as it was. What is left to do:"))
        file = settings.instance / "config.toml"
        click.echo(_("  1. Write into %(file)s, with the password:") % {"file": file})
        click.echo(f'       database_url = "{shown}"')
        click.echo(_("  2. Start the site, and check with python3 -m app doctor."))

    return move_


def _maintenance_command(settings_of: SettingsOf) -> click.Command:
    @click.command(
        "maintenance",
        help=_("Refuse new tests, or let them start again; tests that run go on either way."),
    )
    @click.argument("state", type=click.Choice(["on", "off"]), required=False)
    @click.option("--reason", default="", metavar=_("TEXT"), help=_("Shown to everybody."))
    @click.pass_obj
    def maintenance(chosen: Any, state: str | None, reason: str) -> None:  # noqa: ANN401 (the caller's)
        instance = settings_of(chosen).instance
        if state == "on":
            turn_on(instance, reason, datetime.now(UTC))
        elif state == "off":
            turn_off(instance)
        if maintenance_of(instance) is None:
            click.echo(_("Maintenance is off: tests can start."))
        else:
            click.echo(_("Maintenance is on: no new test starts, and tests that run go on."))

    return maintenance


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the instance, so that no site writes meanwhile."""
    try:
        held = hold_instance(settings.instance)
    except InstanceInUse:
        told = {"folder": settings.instance}
        _stop(_("PeerPrep is running on the folder %(folder)s. Please stop it first.") % told)
    with held:
        yield


@contextmanager
def _working(what: str, *, unchanged: bool = False) -> Iterator[Progress]:
    """A bar for the rows; a refusal becomes one sentence and the exit code 1."""
    try:
        with tqdm(desc=what, unit=_(" rows"), leave=False, disable=None) as bar:
            yield bar.update
    except BackupRefused as refused:
        said = [_(REFUSALS[refused.why]) % refused.detail]
        if unchanged:
            said.append(_("The database was not changed."))
        _stop(" ".join(said))


def _without_password(address: str) -> str:
    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        _stop(_("The address must begin with postgresql://"))
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def _rows(manifest: Manifest) -> int:
    return sum(table.rows for table in manifest.tables)


def _stop(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)
