"""Reading the bank's files: good items, and what becomes of bad ones."""

from collections.abc import Callable
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
LONG = "a" * 1300

# What is changed in the good item, into what, and the code and line to expect.
BROKEN: dict[str, tuple[str, str, ProblemCode, int]] = {
    "unclosed string": ('status = "reviewed"', 'status = "reviewed', C.TOML_SYNTAX, 2),
    "key twice": ("oshpd = 3", 'oshpd = 3\nid = "x"', C.TOML_SYNTAX, 4),
    "cut off": ('z4d"', 'z4d"\nx = [', C.TOML_SYNTAX, 48),
    "huge number": ("oshpd = 3", f"oshpd = {'9' * 5000}", C.TOML_SYNTAX, 1),
    "deep list": ("enemies = []", f"enemies = {'[' * 30000}", C.NESTED_TOO_DEEPLY, 1),
    "deep table": ("[stem]", f"[{'a.' * 200}a]\n[stem]", C.NESTED_TOO_DEEPLY, 15),
    "very deep key": ("[stem]", f"{'a.' * 30000}a = 1\n[stem]", C.NESTED_TOO_DEEPLY, 15),
    "too large": ("[stem]", f"# {'x' * 70000}\n[stem]", C.FILE_TOO_LARGE, 1),
    "NUL": ("Monday", "Mon\x00day", C.FORBIDDEN_CHARACTER, 22),
    "escaped NUL": ("Monday", "Mon\\u0000day", C.FORBIDDEN_CHARACTER, 22),
    "right-to-left override": ("lunes", "\u202elunes", C.FORBIDDEN_CHARACTER, 23),
    "escaped override": ("lunes", "\\u202elunes", C.FORBIDDEN_CHARACTER, 23),
    "zero-width space": ("lunes", "lu\u200bnes", C.FORBIDDEN_CHARACTER, 23),
    "soft hyphen": ("lunes", "lu\u00adnes", C.FORBIDDEN_CHARACTER, 23),
    "byte order mark": ('id = "oshpd', '\ufeffid = "oshpd', C.FORBIDDEN_CHARACTER, 1),
    "no status": ('status = "reviewed"\n', "", C.MISSING_KEY, 1),
    "no Spanish stem": ('es = "La tía', 'ex = "La tía', C.MISSING_LANGUAGE, 15),
    "unknown key": ("oshpd = 3", "oshpd = 3\nauthor = 4", C.UNKNOWN_KEY, 4),
    "number as text": ("oshpd = 3", 'oshpd = "3"', C.WRONG_TYPE, 3),
    "true as number": ("competency = 16", "competency = true", C.WRONG_TYPE, 5),
    "stem as text": ("enemies = []", "enemies = 1", C.WRONG_TYPE, 12),
    "unknown status": ('"reviewed"', '"ready"', C.NOT_ALLOWED, 2),
    "unknown level": ('"application"', '"hard"', C.NOT_ALLOWED, 8),
    "difficulty of 1": ("0.7", "1.0", C.OUT_OF_RANGE, 9),
    "difficulty without end": ("0.7", "inf", C.OUT_OF_RANGE, 9),
    "difficulty not a number": ("0.7", "nan", C.OUT_OF_RANGE, 9),
    "id of another form": ('id = "oshpd03-0001"', 'id = "q1"', C.BAD_ID, 1),
    "option id of another form": ('id = "q2m"', 'id = "a"', C.BAD_OPTION_ID, 20),
    "blank text": ('"That the doctor will call back"', '" "', C.BLANK_TEXT, 48),
    "empty Spanish": ('"Que el médico le devolverá la llamada"', '""', C.BLANK_TEXT, 49),
    "two spaces": ("the doctor", "the  doctor", C.UNTIDY_TEXT, 48),
    "decomposed accent": ("médico", "me\u0301dico", C.UNTIDY_TEXT, 49),
    "text without end": ("the doctor", LONG, C.TEXT_TOO_LONG, 48),
    "tag twice": ('["confidentiality"]', '["crisis", "crisis"]', C.REPEATED_VALUE, 10),
    "three options": (GOOD_TEXT[GOOD_TEXT.rindex("[[options]]") :], "", C.OPTION_COUNT, 19),
    "option id twice": ('id = "z4d"', 'id = "q2m"', C.REPEATED_VALUE, 46),
    "key names no option": ('key = "k7f"', 'key = "k8f"', C.KEY_NOT_AN_OPTION, 13),
    "same options": (
        "That the doctor will call back",
        "that they meet on Monday mornings.",
        C.EQUAL_OPTIONS,
        48,
    ),
    "no misconception": ('misconception = "boundary"\n', "", C.MISCONCEPTION_MISSING, 36),
    "misconception on the key": (
        'id = "k7f"',
        'id = "k7f"\nmisconception = "fixing"',
        C.MISCONCEPTION_ON_KEY,
        30,
    ),
    "no source": ('[{ id = "medi-cal-ethics", place = "Confidentiality" }]', "[]", C.NO_SOURCE, 11),
    "source without place": (', place = "Confidentiality"', "", C.MISSING_KEY, 11),
    "domain against id": ("oshpd = 3", "oshpd = 4", C.DOMAIN_MISMATCH, 3),
    "unknown competency": ("competency = 16", "competency = 18", C.UNKNOWN_REFERENCE, 5),
    "unknown SAMHSA number": ('"IX.6"', '"IX.7"', C.UNKNOWN_REFERENCE, 4),
    "unknown focus area": ("focus_area = 1", "focus_area = 9", C.UNKNOWN_REFERENCE, 6),
    "unknown principle": ('ethics = "conf', 'ethics = "unconf', C.UNKNOWN_REFERENCE, 7),
    "unknown tag": ('["confidentiality"]', '["secrets"]', C.UNKNOWN_REFERENCE, 10),
    "unknown source": ('"medi-cal-ethics"', '"hearsay"', C.UNKNOWN_REFERENCE, 11),
    "unknown misconception": ('"wrong_order"', '"silly"', C.UNKNOWN_REFERENCE, 47),
    "another item's id": ("oshpd03-0001", "oshpd03-0009", C.WRONG_FILE_NAME, 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_item_is_named_with_code_and_line(name: str, tmp_path: Path) -> None:
    old, new, code, line = BROKEN[name]
    assert old in GOOD_TEXT
    broken = GOOD_TEXT.replace(old, new, 1)
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: broken, OTHER_PATH: OTHER_TEXT}))
    assert [item.id for item in files.items] == ["oshpd03-0002"]
    assert (GOOD_PATH, line, code) in [(one.path, one.line, one.code) for one in files.problems]


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


def test_of_two_files_with_one_id_the_one_in_its_place_is_kept(tmp_path: Path) -> None:
    copy = f"items/02/{GOOD_ID}.toml"
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT, copy: GOOD_TEXT}))
    assert files.places[GOOD_ID].path == GOOD_PATH
    assert files.problems == (
        Problem(copy, 1, C.DUPLICATE_ID, {"id": GOOD_ID, "first": GOOD_PATH}),
        Problem(copy, 1, C.WRONG_FOLDER, {"expected": "items/03"}),
    )


def test_ids_that_differ_only_in_their_encoding_are_doubles(tmp_path: Path) -> None:
    composed, decomposed = "oshpd03-\u00e9", "oshpd03-e\u0301"
    items = {
        f"items/03/{one}.toml": GOOD_TEXT.replace(GOOD_ID, one) for one in (composed, decomposed)
    }
    files = read_bank(make_bank(tmp_path, items))
    codes = sorted(problem.code for problem in files.problems)
    assert (files.items, codes) == ((), [C.BAD_ID, C.BAD_ID, C.DUPLICATE_ID])


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


def _folder(root: Path) -> None:
    (root / "items/03/oshpd03-0002.toml").mkdir()


def _stray(root: Path) -> None:
    (root / "items/03/notes.txt").write_text("x")


def _dangling(root: Path) -> None:
    (root / "items/03/oshpd03-0002.toml").symlink_to(root / "nowhere.toml")


def _loop(root: Path) -> None:
    link = root / "items/03/oshpd03-0002.toml"
    link.symlink_to(link)


def _out_of_the_tree(root: Path) -> None:
    outside = root.parent / "outside.toml"
    outside.write_text(OTHER_TEXT, encoding="utf-8")
    (root / "items/03/oshpd03-0002.toml").symlink_to(outside)


def _folder_out_of_the_tree(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (root / "items/04").symlink_to(outside)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_folder, C.NOT_A_FILE),
        (_stray, C.UNEXPECTED_FILE),
        (_dangling, C.FILE_UNREADABLE),
        (_loop, C.FILE_UNREADABLE),
        (_out_of_the_tree, C.LINK_OUTSIDE),
        (_folder_out_of_the_tree, C.LINK_OUTSIDE),
    ],
)
def test_what_is_no_item_file_is_named(
    spoil: Callable[[Path], None], code: ProblemCode, tmp_path: Path
) -> None:
    root = make_bank(tmp_path / "bank", {GOOD_PATH: GOOD_TEXT})
    spoil(root)
    files = read_bank(root)
    assert len(files.items) == 1
    assert [(problem.code, problem.line) for problem in files.problems] == [(code, 1)]


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
