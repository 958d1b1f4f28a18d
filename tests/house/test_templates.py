"""Templates hold nothing inline, so that the strict policy of the site stays strict."""

import re
from pathlib import Path

import pytest

from app.config import ROOT

TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "app" / "static").glob("*.js"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_inline_style_script_or_handler(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=name)
def test_nothing_comes_from_another_site(path: Path) -> None:
    found = re.findall(r"https?://[^\s\"'<)]+", path.read_text())
    assert [address for address in found if "www.w3.org" not in address] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_form_that_posts_carries_its_token(path: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text(), re.DOTALL):
        assert "csrf" in form, form[:200]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_words_stand_outside_of_translation(path: Path) -> None:
    text = re.sub(
        r"{#.*?#}|{%.*?%}|{{.*?}}|<script.*?</script>", " ", path.read_text(), flags=re.DOTALL
    )
    text = re.sub(r"<[^>]*\blang=\"[a-z]{2}\"[^>]*>[^<]*<", "<", text)
    words = re.findall(r">([^<>]*[A-Za-z]{3,}[^<>]*)<", text)
    known = {"PeerPrep"}
    words = [word for word in words if not word.strip().startswith("-")]  # ends of ids in macros
    stray = [w.strip() for w in words if w.strip() not in known and not w.strip().startswith("·")]
    assert stray == []
