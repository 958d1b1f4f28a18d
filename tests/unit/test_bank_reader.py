"""Reading the bank's files: good items, and what becomes of bad ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.bank.problems import BankUnreadable, Problem, ProblemCode
from app.bank.reader import read_bank
from app.bank.revisions import content_hash
from app.domain.bilingual import Bilingual
from app.domain.items import ItemStatus, Level, SourceRef
from tests.banks import GOOD_ID, GOOD_PATH, GOOD_TEXT, good_bank, make_bank

C = ProblemCode
OTHER_PATH = "items/03/oshpd03-0002.toml"
OTHER_TEXT = GOOD_TEXT.replace("oshpd03-0001", "oshpd03-0002")


def test_the_good_item_is_read_whole(tmp_path: Path) -> None:
    files = good_bank(tmp_path)
    (item,) = files.items
    assert files.problems == ()
    assert (item.id, item.status, item.level) == (GOOD_ID, ItemStatus.REVIEWED, Level.APPLICATION)
    assert (item.oshpd, item.samhsa, item.competency, item.focus_area) == (3, "IX.6", 16, 1)
    assert item.sources == (SourceRef("medi-cal-ethics", "Confidentiality"),)
    assert [option.id for option in item.options] == ["q2m", "k7f", "b0x", "z4d"]
    assert item.options[1].text == Bilingual(
        "That no names can be confirmed here", "Que aquí no se puede confirmar ningún nombre"
    )
    assert [option.misconception for option in item.options][1] is None


def test_the_shipped_registries_are_read(tmp_path: Path) -> None:
    files = good_bank(tmp_path)
    assert files.blueprint.items == sum(files.blueprint.oshpd.values()) == 120
    assert files.blueprint.break_after == 60
    assert files.rules.practice_lengths == (120, 60, 30)
    assert len(files.taxonomy.samhsa_competencies) == 62
    assert files.taxonomy.competency_focus[16] == 1
    assert "medi-cal-ethics" in {source.id for source in files.sources}
    assert files.glossary[0].es == "especialista en apoyo entre pares"


def test_bad_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    root = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT})
    raw = GOOD_TEXT.encode().replace(b"Monday", b"Mon\xffday")
    (root / GOOD_PATH).write_bytes(raw)
    assert read_bank(root).problems == (Problem(GOOD_PATH, 22, C.NOT_UTF8, {}),)


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    root = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT})
    (root / GOOD_PATH).write_bytes(GOOD_TEXT.replace("\n", "\r\n").encode())
    files = read_bank(root)
    assert (len(files.items), files.problems) == (1, ())


def test_an_item_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    path = f"items/04/{GOOD_ID}.toml"
    files = read_bank(make_bank(tmp_path, {path: GOOD_TEXT}))
    assert files.items == ()
    assert files.problems == (Problem(path, 1, C.WRONG_FOLDER, {"expected": "items/03"}),)


def test_an_unknown_enemy_is_named_and_the_item_kept(tmp_path: Path) -> None:
    text = GOOD_TEXT.replace("enemies = []", 'enemies = ["oshpd09-0099"]')
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: text}))
    assert len(files.items) == 1
    detail = {"enemy": "oshpd09-0099"}
    assert files.problems == (Problem(GOOD_PATH, 12, C.UNKNOWN_ENEMY, detail),)


def test_an_enemy_whose_own_file_is_broken_is_not_called_unknown(tmp_path: Path) -> None:
    text = GOOD_TEXT.replace("enemies = []", 'enemies = ["oshpd03-0002"]')
    broken = OTHER_TEXT.replace("oshpd = 3", "oshpd = 99")
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: text, OTHER_PATH: broken}))
    assert {problem.path for problem in files.problems} == {OTHER_PATH}


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT, "items/.gitkeep": ""}))
    assert files.problems == ()


# The file, what is changed in it, into what, and the code to expect on the changed line.
REGISTRIES: dict[str, tuple[str, str, str, ProblemCode]] = {
    "table not closed": ("blueprint.toml", "[exam]", "[exam", C.TOML_SYNTAX),
    "quotas": ("blueprint.toml", "oshpd = 12", "oshpd = 11", C.QUOTAS_DO_NOT_ADD_UP),
    "reversed": ("blueprint.toml", "samhsa = [5, 18]", "samhsa = [18, 5]", C.RANGE_REVERSED),
    "five options": ("blueprint.toml", "options = 4", "options = 5", C.NOT_ALLOWED),
    "late break": ("blueprint.toml", "after = 60", "after = 120", C.OUT_OF_RANGE),
    "length": ("blueprint.toml", "[120, 60, 30]", "[120, 45]", C.LENGTH_DOES_NOT_DIVIDE),
    "unknown key": ("sources.toml", "[[sources]]", "x = 1 #\n[[sources]]", C.UNKNOWN_KEY),
    "source twice": ("sources.toml", 'id = "wrap"', 'id = "ada"  #', C.REPEATED_VALUE),
    "no Spanish": ("sources.toml", "es =", "xs =", C.MISSING_LANGUAGE),
    "unknown focus area": (
        "taxonomies.toml",
        "focus_area = 8",
        "focus_area = 99",
        C.UNKNOWN_REFERENCE,
    ),
    "number twice": ("taxonomies.toml", "number = 9\n", "number = 8 #\n", C.REPEATED_VALUE),
    "banned not a list": ("banned.toml", "exact = [", "exact = 1 #[", C.WRONG_TYPE),
    "capital word": ("spelling.txt", "autocuidado", "Autocuidado", C.SPELLING_LIST_ORDER),
}


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_broken_registry_stops_the_reading(name: str, tmp_path: Path) -> None:
    file, old, new, code = REGISTRIES[name]
    root = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT})
    text = (root / file).read_text(encoding="utf-8")
    place = text.index(old)
    changed = text[:place] + new + text[place + len(old) :]
    (root / file).write_text(changed, encoding="utf-8")
    with pytest.raises(BankUnreadable) as caught:
        read_bank(root)
    problem = caught.value.problem
    line = 1 + changed.count("\n", 0, place)
    if code is not C.MISSING_LANGUAGE:  # what is missing has no line: its table's is given
        assert problem.line == line
    assert (problem.path, problem.code) == (file, code)


def test_a_glossary_that_is_no_list_of_terms_stops_the_reading(tmp_path: Path) -> None:
    root = make_bank(tmp_path)
    (root / "glossary.toml").write_text("# Terms\nterms = 4\n", encoding="utf-8")
    with pytest.raises(BankUnreadable) as caught:
        read_bank(root)
    expected = Problem("glossary.toml", 2, C.WRONG_TYPE, {"key": "terms"})
    assert caught.value.problem == expected


def test_a_missing_registry_stops_the_reading(tmp_path: Path) -> None:
    root = make_bank(tmp_path)
    (root / "taxonomies.toml").unlink()
    with pytest.raises(BankUnreadable) as caught:
        read_bank(root)
    problem = caught.value.problem
    assert (problem.path, problem.line, problem.code) == ("taxonomies.toml", 1, C.FILE_UNREADABLE)


def test_a_change_of_status_or_order_makes_no_new_revision(tmp_path: Path) -> None:
    (item,) = good_bank(tmp_path).items
    same = replace(item, status=ItemStatus.RETIRED, options=item.options[::-1])
    assert content_hash(same) == content_hash(item)


def test_a_change_of_content_makes_a_new_revision(tmp_path: Path) -> None:
    (item,) = good_bank(tmp_path).items
    changes = (
        replace(item, key="q2m"),
        replace(item, tags=()),
        replace(item, difficulty=0.6),
        replace(item, stem=replace(item.stem, es="¿Qué?")),
    )
    assert len({content_hash(one) for one in (item, *changes)}) == 5
