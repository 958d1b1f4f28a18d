"""The translations, compiled where the text is newer, and chosen for the terminal."""

import gettext
import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.bootstrap import terminal_language
from app.config import ROOT


def N_(message: str) -> str:  # noqa: N802 (the name by which Babel finds message ids)
    """Mark a message id for extraction."""
    return message


CLICK_TEXTS = (
    N_("Aborted!"),
    N_("Choose from:\n\t{choices}"),
    N_("Commands"),
    N_("Could not open file {filename!r}: {message}"),
    N_("Error: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Invalid value: {message}"),
    N_("Missing command."),
    N_("Missing option"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Options"),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Usage:"),
    N_("default: {default}"),
    N_("directory"),
    N_("file"),
    N_("path"),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is a file."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
)
"""The words of the command-line library: it looks them up in the same catalogue."""

TRANSLATIONS = ROOT / "translations"
DOMAIN = "messages"


def compile_catalogues(root: Path = TRANSLATIONS) -> None:
    """Write each messages.mo that is older than its messages.po."""
    for source in root.glob(f"*/LC_MESSAGES/{DOMAIN}.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        making = target.with_suffix(f".{os.getpid()}")
        with making.open("wb") as file:
            write_mo(file, catalogue)
        making.replace(target)


def speak_the_terminals_language() -> None:
    """Let gettext, and click's own texts with it, speak what the terminal speaks."""
    os.environ["LANGUAGE"] = terminal_language()
    gettext.bindtextdomain(DOMAIN, str(TRANSLATIONS))
    gettext.textdomain(DOMAIN)
