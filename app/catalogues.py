"""The translations, compiled where the text is newer, and chosen for the terminal."""

import gettext
import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.bootstrap import terminal_language
from app.config import ROOT

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
