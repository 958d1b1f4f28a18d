"""`python3 -m app doctor`: what is wrong, why it matters, how to mend it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from app.bootstrap import environment_is_current
from app.catalogues import N_
from app.config import Settings
from app.services.doctor import Finding, Ill, examine

LOCK = Path(__file__).with_name("requirements.lock")


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong, why it matters, how to mend it: message ids."""

    what: str
    why: str
    mend: str


ADVICE = {
    Ill.READABLE: Advice(
        N_("Others on this machine can read %(file)s."),
        N_("It holds secrets or people's answers."),
        N_("Make it private: chmod 600 %(file)s"),
    ),
    Ill.SECRET_MISSING: Advice(
        N_("The secret key %(file)s is missing."),
        N_("With a new key everybody must sign in again, and authenticator apps stop working."),
        N_("Put the key back from where you keep it, before the next start makes a new one."),
    ),
    Ill.SECRET_SHORT: Advice(
        N_("The secret key %(file)s is short."),
        N_("A short key can be guessed, and with it a sign-in can be forged."),
        N_(
            "Stop the site and remove the file: the next start makes a good one. "
            "Everybody signs in again then, and authenticator apps are set up anew."
        ),
    ),
    Ill.MAIL: Advice(
        N_("%(has)s is set, and %(lacks)s is not."),
        N_("Letters may not be sent, or may be refused on their way."),
        N_("Set %(lacks)s as well, or take %(has)s out."),
    ),
    Ill.NO_ADDRESS: Advice(
        N_("%(setting)s is set, and public_url is not."),
        N_("Links in letters may lead nowhere, and requests under foreign names are answered."),
        N_("Set public_url to the address that people type."),
    ),
    Ill.INSECURE: Advice(
        N_("insecure_lan is on."),
        N_("Passwords and answers travel without encryption; others on the network can read them."),
        N_("Put a proxy with TLS in front, set proxies and public_url, and take insecure_lan out."),
    ),
    Ill.DISK: Advice(
        N_("Only %(megabytes)s MB are free on the disk of %(folder)s."),
        N_("When the disk is full, answers cannot be saved."),
        N_("Make room: old backups are a good place to begin."),
    ),
    Ill.BANK_UNREADABLE: Advice(
        N_("The question bank cannot be read: %(file)s, line %(line)s."),
        N_("The site does not start without it."),
        N_("Mend that line; python3 -m app bank check names whatever else there is."),
    ),
    Ill.BANK_FAULTS: Advice(
        N_("Faults in the question bank: %(count)s."),
        N_("The items with faults are not drawn."),
        N_("See them all with python3 -m app bank check."),
    ),
    Ill.NO_DATABASE: Advice(
        N_("There is no database at %(file)s."),
        N_("Nothing can be kept without one."),
        N_("Start the site once, or restore a backup: python3 -m app restore FILE"),
    ),
    Ill.UNREACHABLE: Advice(
        N_("The database does not answer: %(reason)s"),
        N_("The site cannot run without it."),
        N_("Check that it runs, and that database_url and its password are right."),
    ),
    Ill.DAMAGED: Advice(
        N_("The database is damaged: %(reason)s"),
        N_("Answers may be lost or wrong."),
        N_("Stop the site, keep a copy of the file, and restore the newest backup."),
    ),
    Ill.PROMISE: Advice(
        N_("The database runs with %(setting)s = %(found)s; it should be %(wanted)s."),
        N_("An answer that was shown as saved could be lost when the power fails."),
        N_("Change that setting of the database server back."),
    ),
    Ill.BEHIND: Advice(
        N_("The database has revision %(revision)s; this PeerPrep works with %(newest)s."),
        N_("Pages would fail."),
        N_("Make a backup, then start the site: it brings the database up to date."),
    ),
    Ill.TOO_NEW: Advice(
        N_("The database has revision %(revision)s, of a newer PeerPrep."),
        N_("This version does not know all of its tables."),
        N_("Run the newer version again, or restore a backup from before it."),
    ),
    Ill.CLOCK: Advice(
        N_("This machine's clock is %(minutes)s minutes behind the newest entry in the database."),
        N_("Tests would run for too long."),
        N_("Set the clock right and keep it so, for instance with NTP."),
    ),
    Ill.WAL_RACE: Advice(
        N_("SQLite %(version)s has a rare fault in its write-ahead log."),
        N_("PeerPrep does not use that log here: nothing is at risk, and saving is a bit slower."),
        N_("Nothing needs to be done; Python with SQLite 3.51.3 or later is faster."),
    ),
    Ill.MAINTENANCE: Advice(
        N_("Maintenance is on."),
        N_("No new test can start."),
        N_("When you are done: python3 -m app maintenance off"),
    ),
    Ill.ENVIRONMENT: Advice(
        N_("The packages in .venv are not those of this version."),
        N_("The site may behave in ways that nobody has tested."),
        N_("Start the site once: it installs what is missing."),
    ),
}


def doctor_command(settings_of: Callable[[Any], Settings]) -> click.Command:
    """Build the command; `settings_of` reads the settings that the command line names."""

    @click.command("doctor", help=_("Say what is wrong with this installation and how to mend it."))
    @click.pass_obj
    def doctor(chosen: Any) -> None:  # noqa: ANN401 (the caller's)
        found = examine(
            settings_of(chosen),
            datetime.now(UTC),
            environment_current=environment_is_current(LOCK),
        )
        for finding in sorted(found, key=lambda one: not one.needs_mending):
            click.echo(advice_text(finding))
        faults = sum(finding.needs_mending for finding in found)
        if faults:
            click.echo(_("Things to mend: %(count)s.") % {"count": faults})
            sys.exit(1)
        click.echo(_("All is well."))

    return doctor


def advice_text(finding: Finding) -> str:
    """One finding in three lines: what, why, how to mend."""
    advice = ADVICE[finding.ill]
    sign = "✗" if finding.needs_mending else "·"
    what, why, mend = (_(text) % finding.detail for text in (advice.what, advice.why, advice.mend))
    return f"{sign} {what}\n    {why}\n    → {mend}"
