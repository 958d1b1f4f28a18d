"""Both languages, always: the catalogue is complete, current and well formed."""

import re
from pathlib import Path

import polib
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from app.config import ROOT

CATALOGUE = ROOT / "translations" / "es" / "LC_MESSAGES" / "messages.po"
TEMPLATE = ROOT / "translations" / "messages.pot"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None, "N_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|{[a-z]+}")


def extracted() -> set[str]:
    catalogue = Catalog()
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(ROOT / "app"), method_map=METHODS, keywords=KEYWORDS
    ):
        catalogue.add(message)
    return {
        entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue if entry.id
    }


def entries() -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]


def test_the_catalogue_holds_every_text_and_no_other() -> None:
    assert {entry.msgid for entry in entries()} == extracted()


def test_the_template_is_current() -> None:
    assert {entry.msgid for entry in polib.pofile(str(TEMPLATE))} == extracted()


def test_every_text_has_its_spanish() -> None:
    bare = [e.msgid for e in entries() if not e.translated() or "fuzzy" in e.flags]
    assert bare == []


@pytest.mark.parametrize(
    "entry", entries() if CATALOGUE.exists() else [], ids=lambda e: e.msgid[:40]
)
def test_placeholders_are_the_same_in_spanish(entry: polib.POEntry) -> None:
    wanted = set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
    for text in [entry.msgstr, *entry.msgstr_plural.values()]:
        if text:
            assert set(PLACEHOLDER.findall(text)) <= wanted
            if not entry.msgid_plural:
                assert set(PLACEHOLDER.findall(text)) == wanted


def test_no_spanish_text_is_just_the_english() -> None:
    same = {"PeerPrep", "No", "Error: {message}", "English", "Español"}
    alike = [
        e.msgid
        for e in entries()
        if e.msgid == e.msgstr
        and e.msgid not in same
        and re.search(r"[a-z]{4}", PLACEHOLDER.sub("", e.msgid))
    ]
    assert alike == []


def test_compiled_catalogues_are_not_kept() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "*.mo" in ignored
    assert Path(CATALOGUE).exists()
