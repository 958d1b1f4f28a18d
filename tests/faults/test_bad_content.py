"""Content that is broken, hostile or huge: banks, lists of people, settings, backups, downloads.

Numbers in the tests' names are those of the fault catalogue. The bank is TOML, so the rows on
YAML's aliases and tags are shown as doors that are not there; the one zip that is ever read is a
backup that somebody restores by command.
"""

import ast
import io
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bank.checks.languages import languages, untranslated
from app.bank.documents import ITEM_LIMIT, read_document
from app.bank.problems import Problem, ProblemCode
from app.bank.reader import read_bank
from app.config import ROOT, SettingsError, load_settings
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.roster_files import MOST_BYTES, FileFault, RosterText, read_bytes
from app.domain.rosters import Desk, Roster, parse_roster
from app.services.backup import BackupRefused
from app.services.restore import restore
from app.services.rosters import address
from app.storage.backup_files import (
    LONGEST_LINE,
    MANIFEST,
    MOST_MEMBERS,
    NoBackup,
    Why,
    new_backup,
    open_backup,
)
from app.web.json_bodies import ShallowJson
from tests.backups import quiet, sqlite_settings
from tests.banks import GOOD_ID, GOOD_PATH, GOOD_TEXT, make_bank
from tests.cohorts import make_cohort
from tests.faults.exam_acts import at_desk
from tests.faults.malformed import (
    BROKEN,
    LISTS,
    SETTINGS,
    TYPING_TRAPS,
    YAML,
    items,
    under,
)
from tests.web.accounts_cast import contents
from tests.web.conftest import noon  # noqa: F401 (a fixture)
from tests.web.exam_cast import begin, inside, options, response, words
from tests.web.exam_cast import item as item_at
from tests.world import NOON

C = ProblemCode
OTHER_PATH = "items/03/oshpd03-0002.toml"
OTHER_TEXT = GOOD_TEXT.replace("oshpd03-0001", "oshpd03-0002")
MB = 1024 * 1024
Result = TypeVar("Result")
MOMENT = 2.0
"""Seconds of the processor that something hostile may cost."""


def costs_little(act: Callable[[], Result], most_bytes: int = 4 * MB) -> Result:
    """Do it for the time that it takes of the processor, and again for the memory."""
    before = time.process_time()
    act()
    seconds = time.process_time() - before
    tracemalloc.start()
    try:
        result = act()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (seconds < MOMENT, peak < most_bytes) == (True, True), (seconds, peak)
    return result


def listed(data: bytes) -> Roster | FileFault:
    """A list of people as it is read."""
    read = read_bytes(data)
    return parse_roster(read.text, Desk(address)) if isinstance(read, RosterText) else read


@pytest.fixture
def roster(app: Flask) -> str:
    """The address of the roster of Ben's cohort."""
    with inside(app) as stage:
        return f"/cohorts/{make_cohort(stage).handle}/roster"


def upload(client: FlaskClient, roster: str, data: bytes, name: str = "list.csv") -> TestResponse:
    return client.post(f"{roster}/preview", data={"file": (io.BytesIO(data), name)})


# 69: malformed files


def test_69_the_corpus_is_as_large_as_was_asked() -> None:
    corpus = {*items().values(), *LISTS.values(), *(text.encode() for text in SETTINGS.values())}
    assert len(corpus) >= 200


def test_69_every_malformed_item_is_named_with_a_line_and_the_good_one_is_read(
    tmp_path: Path,
) -> None:
    corpus = items()
    root = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT})
    lines = {}
    for number, data in enumerate(corpus.values(), 1000):
        path, own = under(data, number)
        (root / path).write_bytes(own)
        lines[path] = own.count(b"\n") + 1
    files = read_bank(root)
    assert [item.id for item in files.items] == [GOOD_ID]
    assert {problem.path for problem in files.problems} == lines.keys()
    assert [one for one in files.problems if not 1 <= one.line <= lines[one.path]] == []


GUESSED = {"half an UTF-8 sign", "a lone surrogate"}
"""Read as Windows-1252, and the page says that this is a guess."""


@pytest.mark.parametrize("name", LISTS)
def test_69_a_malformed_list_is_refused_or_its_bad_rows_are_named(name: str) -> None:
    read = listed(LISTS[name])
    text = read_bytes(LISTS[name])
    assert (isinstance(text, RosterText) and text.guessed) == (name in GUESSED)
    if isinstance(read, Roster) and name not in GUESSED:
        assert read.faults
        assert [fault for fault in read.faults if fault.number < 2 or not fault.reasons] == []


def test_69_a_malformed_list_writes_nothing(app: Flask, ben: FlaskClient, roster: str) -> None:
    before = contents(app)
    for name, data in LISTS.items():
        page = upload(ben, roster, data)
        told = "usa-error-message" in words(page) if page.status_code == 422 else True
        assert (name, page.status_code in {200, 413, 422}, told) == (name, True, True)
    assert contents(app) == before


@pytest.mark.parametrize("name", SETTINGS)
def test_69_malformed_settings_are_named_before_anything_starts(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SETTINGS[name], encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert refused.value.where == str(file)


# 70, 71, 75: aliases and tags of YAML


def through_every_reader(text: str, folder: Path) -> None:
    """Give the text to all that reads files or bodies; each refuses it."""
    folder.mkdir(exist_ok=True)
    document = folder / "one.toml"
    document.write_text(text, encoding="utf-8")
    read = read_document(document, folder, ITEM_LIMIT)
    assert isinstance(read, Problem)
    assert read.code is C.TOML_SYNTAX
    (folder / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        load_settings(folder)
    people = listed(text.encode())
    assert isinstance(people, FileFault)
    with pytest.raises(ValueError, match="Expecting value"):
        ShallowJson(Flask("x")).loads(text)


@pytest.mark.parametrize("name", ["alias bomb", "merge of itself"])
def test_70_an_alias_stands_for_nothing_in_any_file_that_is_read(name: str, tmp_path: Path) -> None:
    costs_little(lambda: through_every_reader(YAML[name], tmp_path))


@pytest.mark.parametrize("name", ["alias of itself", "mapping in itself"])
def test_71_nothing_can_hold_itself_in_any_file_that_is_read(name: str, tmp_path: Path) -> None:
    costs_little(lambda: through_every_reader(YAML[name], tmp_path))


@pytest.mark.parametrize("name", ["call", "new object", "name", "module", "tuple", "bytes"])
def test_75_a_tag_that_names_code_runs_nothing(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    through_every_reader(YAML[name].replace("{mark}", str(mark)), tmp_path / "read")
    assert not mark.exists()


READERS_THAT_RUN_CODE = {
    "yaml", "ruamel", "oyaml", "pickle", "cPickle", "dill", "cloudpickle", "jsonpickle", "marshal",
    "shelve", "xml", "lxml", "defusedxml",
}  # fmt: skip
CALLS_THAT_RUN_CODE = {"eval", "exec", "compile", "__import__", "execfile"}


def code_readers(source: str) -> set[str]:
    """What a module uses that could make a file run."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= READERS_THAT_RUN_CODE & {n.name.partition(".")[0] for n in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= READERS_THAT_RUN_CODE & {(node.module or "").partition(".")[0]}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= CALLS_THAT_RUN_CODE & {node.func.id}
    return found


def test_75_no_module_of_the_site_reads_yaml_or_runs_what_it_reads() -> None:
    sources = [*(ROOT / "app").rglob("*.py")]
    assert len(sources) > 100
    assert {path.name: found for path in sources if (found := code_readers(path.read_text()))} == {}


def test_75_a_running_site_has_no_reader_of_yaml_in_memory() -> None:
    program = (
        "import sys, app.cli, app.factory, app.server, app.whole_requests; print(*sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in said.stdout.split()}
    assert "tomllib" in loaded
    assert loaded & {"yaml", "ruamel", "dill", "jsonpickle", "shelve"} == set()


def test_control_a_reader_of_yaml_is_caught() -> None:
    assert code_readers("import yaml\nyaml.load(open('x'))") == {"yaml"}
    assert code_readers("from pickle import loads\neval('1')") == {"pickle", "eval"}


# 72: nesting


@pytest.mark.parametrize("name", ["deep list", "deep table", "very deep key"])
def test_72_an_item_nested_without_end_is_named_and_costs_little(name: str, tmp_path: Path) -> None:
    old, new, code, line = BROKEN[name]
    root = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT.replace(old, new, 1)})
    problems = costs_little(lambda: read_bank(root), 32 * MB).problems
    assert (GOOD_PATH, line, code) in [(one.path, one.line, one.code) for one in problems]


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_72_json_nested_without_end_is_refused_like_any_bad_json(opening: str) -> None:
    def read() -> None:
        with pytest.raises(ValueError, match="nested too deeply"):
            ShallowJson(Flask("x")).loads(opening * 100_000)

    costs_little(read)


def test_control_json_read_without_a_bottom_is_caught() -> None:
    with pytest.raises(RecursionError):
        json.loads("[" * 100_000)


# 73: the same key twice


@pytest.mark.parametrize("key", re.findall(r"^\w+ = .*", GOOD_TEXT, re.MULTILINE)[:13])
def test_73_a_key_that_stands_twice_in_an_item_is_refused_with_its_line(
    key: str, tmp_path: Path
) -> None:
    doubled = GOOD_TEXT.replace("[stem]", f"{key}\n[stem]", 1)
    (problem,) = read_bank(make_bank(tmp_path, {GOOD_PATH: doubled})).problems
    assert (problem.line, problem.code) == (15, C.TOML_SYNTAX)


def test_73_a_name_that_stands_twice_in_json_is_refused() -> None:
    provider = ShallowJson(Flask("x"))
    for text in ('{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', '{"a": 1, "\\u0061": 2}'):
        with pytest.raises(ValueError, match="twice"):
            provider.loads(text)
    assert provider.loads('{"a": {"a": 1}, "b": [{"a": 2}]}') == {"a": {"a": 1}, "b": [{"a": 2}]}


def test_control_of_a_name_that_stands_twice_the_last_is_taken_in_silence() -> None:
    assert json.loads('{"key": "right", "key": "wrong"}') == {"key": "wrong"}


# 74: words that turn into something else


@pytest.mark.parametrize("name", TYPING_TRAPS)
def test_74_nothing_in_an_item_turns_into_something_else(name: str, tmp_path: Path) -> None:
    old, new, code, line = TYPING_TRAPS[name]
    assert old in GOOD_TEXT
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT.replace(old, new, 1)}))
    assert files.items == ()
    assert (line, code) in [(one.line, one.code) for one in files.problems]


def test_74_a_name_in_a_list_stays_the_name_it_is() -> None:
    names = ("NO", "no", "true", "010", "1:30", "1e5", "NULL", "None", "2026-01-02", "0x1F", "N/A")
    read = listed("name\n{}\n".format("\n".join(dict.fromkeys(names))).encode())
    assert isinstance(read, Roster)
    assert [row.name for row in read.rows] == [n for n in names if n != "no"]  # NO twice
    assert [fault.name for fault in read.faults] == ["no"]


# 76: size


def test_76_a_huge_file_of_the_bank_is_refused_and_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(1024 * MB)
    read = costs_little(lambda: read_document(huge, tmp_path, ITEM_LIMIT), MB)
    assert isinstance(read, Problem)
    assert read.code is C.FILE_TOO_LARGE


def test_76_many_values_in_an_item_cost_little(tmp_path: Path) -> None:
    many = GOOD_TEXT.replace("enemies = []", "enemies = [" + '"a",' * 12_000 + "]")
    root = make_bank(tmp_path, {GOOD_PATH: many})
    files = costs_little(lambda: read_bank(root), 64 * MB)
    assert [(one.line, one.code) for one in files.problems] == [(12, C.REPEATED_VALUE)]


@pytest.mark.parametrize(
    "data",
    [
        b"name\n" + b"Ana\n" * 100_000,
        b"name\n" + b"," * (MOST_BYTES - 10),
        b"name\n" + b"\n" * (MOST_BYTES - 10),
        b'name\n"' + b'""' * (MOST_BYTES // 2 - 10),
        b"," * (MOST_BYTES - 10),
        b"name\n" + b"x" * (MOST_BYTES - 10),
        "name\n".encode("utf-16") + b"a\0" * (MOST_BYTES // 2 - 10),
    ],
    ids=["rows", "cells", "lines", "quotes", "columns", "letters", "UTF-16"],
)
def test_76_a_huge_list_costs_little_whatever_it_is_made_of(data: bytes) -> None:
    read = costs_little(lambda: listed(data), 128 * MB)
    assert isinstance(read, FileFault) or read.faults


def test_76_five_megabytes_are_refused_on_every_form(
    app: Flask, ben: FlaskClient, roster: str
) -> None:
    before = contents(app)
    assert upload(ben, roster, b"a" * 5 * MB).status_code == 413
    for path in ("/account", "/cohorts", roster, "/quiz"):
        answer = ben.post(path, data=b"name=" + b"a" * 5 * MB, content_type="text/plain")
        assert (path, answer.status_code in {400, 413, 422}) == (path, True)
        answer = ben.post(path, data={"name": "a" * 5 * MB})
        assert (path, answer.status_code) == (path, 413)
    assert contents(app) == before


# 77 and 78: archives and names


def archive(path: Path, fill: Callable[[zipfile.ZipFile], None], manifest: str = "") -> Path:
    """A backup, sealed as backups are, with whatever somebody put into it."""
    told = {"format": 1, "revision": "0001", "app_version": "1", "created_at": "", "tables": []}
    with new_backup(path) as writer:
        fill(writer._zip)
        writer._zip.writestr(
            MANIFEST, manifest or json.dumps({**told, "database": "sqlite", "secret_key": ""})
        )
    return path


def zeros(packed: zipfile.ZipFile) -> None:
    with packed.open("tables/person.jsonl", "w") as file:
        for _megabyte in range(64):
            file.write(b"\0" * MB)


def many(packed: zipfile.ZipFile) -> None:
    for number in range(MOST_MEMBERS + 1):
        packed.writestr(f"tables/{number}.jsonl", "")


def another_zip(packed: zipfile.ZipFile) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as nested:
        zeros(nested)
    packed.writestr("tables/person.zip", inner.getvalue())


def laid_over(packed: zipfile.ZipFile) -> None:
    packed.writestr("tables/a.jsonl", bytes(range(256)) * 4000, compress_type=zipfile.ZIP_STORED)
    for number in range(20):
        again = zipfile.ZipInfo(f"tables/{number}.jsonl")
        first = packed.filelist[0]
        for name in ("header_offset", "file_size", "compress_size", "CRC", "compress_type"):
            setattr(again, name, getattr(first, name))
        packed.filelist.append(again)


def other_packing(packed: zipfile.ZipFile) -> None:
    packed.writestr("tables/a.jsonl", "x" * 10_000, compress_type=zipfile.ZIP_BZIP2)


def encrypted(packed: zipfile.ZipFile) -> None:
    packed.writestr("tables/a.jsonl", "x")
    packed.filelist[0].flag_bits |= 1


BOMBS: dict[str, tuple[Callable[[zipfile.ZipFile], None], str, Why]] = {
    "zeros": (zeros, "", Why.OVERSIZED),
    "many entries": (many, "", Why.OVERSIZED),
    "a zip in the zip": (another_zip, "", Why.FOREIGN),
    "contents laid over one another": (laid_over, "", Why.OVERSIZED),
    "another packing": (other_packing, "", Why.FOREIGN),
    "encrypted": (encrypted, "", Why.FOREIGN),
    "a long manifest": (lambda _zip: None, '{"format": 1}' + " " * 2 * MB, Why.OVERSIZED),
    "a deep manifest": (lambda _zip: None, "[" * 100_000, Why.FOREIGN),
}
NAMES = (
    "../evil.txt", "../../../../home/evil.txt", "/evil.txt", "C:\\evil.txt", "..\\evil.txt",
    "tables/../../evil.jsonl", "tables/person.jsonl/../../evil", "tables/person.jsonl\0.txt",
    "tables/PERSON.jsonl", "tables//person.jsonl", "./tables/person.jsonl", "peerprep.db", "é.txt",
    "e\u0301.txt", "con", "x" * 3000, " ",
)  # fmt: skip


def why_refused(folder: Path, file: Path) -> Why:
    """Why the restore is refused, with everything in the folder left as it was."""
    settings = sqlite_settings(folder)
    (folder / "peerprep.db").write_bytes(b"as it was")
    before = tree(folder.parent)
    with pytest.raises(BackupRefused) as refused:
        restore(settings, file, NOON, quiet)
    assert tree(folder.parent) == before
    return refused.value.why


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", BOMBS)
def test_77_an_archive_that_would_unpack_without_end_is_refused_unopened(
    name: str, tmp_path: Path
) -> None:
    fill, manifest, why = BOMBS[name]
    file = archive(tmp_path / "bomb.zip", fill, manifest)
    assert costs_little(lambda: why_refused(tmp_path / "site", file), 8 * MB) is why


def test_77_a_row_longer_than_rows_are_is_refused_where_it_is_read(tmp_path: Path) -> None:
    table = {"name": "person", "columns": ["id"], "rows": 1, "sha256": ""}
    told = {"format": 1, "revision": "0001", "app_version": "1", "created_at": ""}
    manifest = json.dumps({**told, "database": "", "secret_key": "", "tables": [table]})

    def long_row(packed: zipfile.ZipFile) -> None:
        packed.writestr("tables/person.jsonl", b"0" * (LONGEST_LINE + 9), zipfile.ZIP_STORED)

    file = archive(tmp_path / "long.zip", long_row, manifest)
    with pytest.raises(NoBackup) as refused, open_backup(file) as backup:
        list(backup.lines("person"))
    assert refused.value.why is Why.OVERSIZED


def test_77_a_zip_that_is_sent_as_a_list_is_never_unpacked(
    app: Flask, ben: FlaskClient, roster: str
) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        zeros(packed)
    before = contents(app)
    page = costs_little(lambda: upload(ben, roster, bomb.getvalue(), "list.xlsx"), 8 * MB)
    assert page.status_code == 422
    assert "This is a spreadsheet in its own format." in words(page)
    assert contents(app) == before


def test_77_no_page_unpacks_anything() -> None:
    unpackers = {"zipfile", "tarfile", "shutil.unpack_archive", "lzma", "bz2", "zlib", "gzip"}
    used = {
        path.relative_to(ROOT).as_posix(): sorted(found)
        for path in (ROOT / "app").rglob("*.py")
        if (found := {u for u in unpackers if re.search(rf"\b{re.escape(u)}\b", path.read_text())})
    }
    assert used == {
        "app/storage/backup_files.py": ["zipfile", "zlib"],
        "app/web/compression.py": ["gzip"],  # packs only
        "app/web/static_files.py": ["gzip"],
    }


def test_control_an_archive_read_without_bounds_is_caught(tmp_path: Path) -> None:
    file = archive(tmp_path / "bomb.zip", zeros)
    with zipfile.ZipFile(file) as packed, pytest.raises(AssertionError, match="False"):
        costs_little(lambda: packed.read("tables/person.jsonl"), 8 * MB)


@pytest.mark.parametrize("name", NAMES)
def test_78_a_name_in_an_archive_never_becomes_a_file(name: str, tmp_path: Path) -> None:
    file = archive(tmp_path / "b.zip", lambda packed: packed.writestr(name, "x"))
    assert why_refused(tmp_path / "deep" / "site", file) is Why.FOREIGN


def test_78_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    def link(packed: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("tables/person.jsonl")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")

    file = archive(tmp_path / "b.zip", link)
    assert why_refused(tmp_path / "site", file) is Why.FOREIGN


@pytest.mark.parametrize("name", [*NAMES, "a.csv\r\nX: y", '";evil="', "", "a.csv.html"])
def test_78_the_name_of_an_uploaded_file_is_never_used(
    app: Flask, ben: FlaskClient, roster: str, name: str
) -> None:
    instance = Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")).parent
    before = sorted(path.name for path in instance.rglob("*")) if instance.is_dir() else []
    page = upload(ben, roster, b"name\nLuz\n", name or "x")
    assert (page.status_code in {200, 422}, "evil" in words(page)) == (True, False)
    assert (sorted(path.name for path in instance.rglob("*")) if before else []) == before


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
def test_78_what_is_no_item_file_of_the_bank_is_named_and_not_followed(
    spoil: Callable[[Path], None], code: ProblemCode, tmp_path: Path
) -> None:
    root = make_bank(tmp_path / "bank", {GOOD_PATH: GOOD_TEXT})
    spoil(root)
    files = read_bank(root)
    assert len(files.items) == 1
    assert [(problem.code, problem.line) for problem in files.problems] == [(code, 1)]


# 79: the same id twice


def test_79_of_two_files_with_one_id_the_one_in_its_place_is_kept(tmp_path: Path) -> None:
    copy = f"items/02/{GOOD_ID}.toml"
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT, copy: GOOD_TEXT}))
    assert files.places[GOOD_ID].path == GOOD_PATH
    assert files.problems == (
        Problem(copy, 1, C.DUPLICATE_ID, {"id": GOOD_ID, "first": GOOD_PATH}),
        Problem(copy, 1, C.WRONG_FOLDER, {"expected": "items/03"}),
    )


def test_79_ids_that_differ_only_in_their_encoding_are_doubles(tmp_path: Path) -> None:
    composed, decomposed = "oshpd03-\u00e9", "oshpd03-e\u0301"
    items = {
        f"items/03/{one}.toml": GOOD_TEXT.replace(GOOD_ID, one) for one in (composed, decomposed)
    }
    files = read_bank(make_bank(tmp_path, items))
    codes = sorted(problem.code for problem in files.problems)
    assert (files.items, codes) == ((), [C.BAD_ID, C.BAD_ID, C.DUPLICATE_ID])


# 80: items that cannot be scored


def test_80_the_table_of_bad_items_is_as_long_as_was_asked() -> None:
    assert len({row[:2] for row in BROKEN.values()}) >= 30


@pytest.mark.parametrize("name", BROKEN)
def test_80_a_broken_item_is_named_with_code_and_line(name: str, tmp_path: Path) -> None:
    old, new, code, line = BROKEN[name]
    assert old in GOOD_TEXT
    broken = GOOD_TEXT.replace(old, new, 1)
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: broken, OTHER_PATH: OTHER_TEXT}))
    assert [item.id for item in files.items] == ["oshpd03-0002"]
    assert (GOOD_PATH, line, code) in [(one.path, one.line, one.code) for one in files.problems]


# 87: languages


@pytest.mark.parametrize("language", ["en", "es"])
def test_87_an_item_without_one_of_its_languages_is_refused_wherever_it_is_missing(
    language: str, tmp_path: Path
) -> None:
    lines = GOOD_TEXT.splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if line.startswith(f"{language} = ")]
    assert len(places) == 9
    texts = ["".join(lines[:place] + lines[place + 1 :]) for place in places]
    blank = [
        "".join([*lines[:place], f'{language} = ""\n', *lines[place + 1 :]]) for place in places
    ]
    half = {}
    for number, text in enumerate([*texts, *blank], 1000):
        path, own = under(text.encode(), number)
        half[path] = own.decode()
    files = read_bank(make_bank(tmp_path, half))
    assert files.items == ()
    assert {one.path for one in files.problems} == half.keys()
    assert {one.code for one in files.problems} == {C.MISSING_LANGUAGE, C.BLANK_TEXT}


def test_87_a_text_left_in_the_other_language_is_named(tmp_path: Path) -> None:
    stem = GOOD_TEXT.split('en = "')[1].split('"\n')[0]
    half = re.sub(r'(?m)^es = "La tía.*$', f'es = "{stem}"', GOOD_TEXT)
    assert half != GOOD_TEXT
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: half}))
    codes = {one.code for one in (*languages(files), *untranslated(files))}
    assert {C.WRONG_LANGUAGE, C.NOT_TRANSLATED} & codes
    good = read_bank(make_bank(tmp_path / "good", {GOOD_PATH: GOOD_TEXT}))
    assert [*languages(good), *untranslated(good)] == []


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("language", [Language.EN, Language.ES])
def test_87_a_form_of_one_language_never_mixes_it_with_the_other(
    app: Flask, ana: FlaskClient, language: Language
) -> None:
    handle = begin(app, kind=AttemptKind.MOCK, language=language)
    paper = at_desk(ana, handle).sit_down().get_json()
    texts = [one for item in paper["items"] for one in (item["stem"], *item["options"])]
    assert {frozenset(text.keys() - {"id"}) for text in texts} == {frozenset({language.value})}
    assert len(texts) == 120 * 5
    page = words(ana.get(f"/attempts/{handle}/items/1"))
    stem = item_at(app, handle).stem
    assert (stem.text(language) in page, stem.text(language.other) in page) == (True, False)


@pytest.mark.usefixtures("noon")
def test_87_an_answer_is_an_option_s_id_and_outlives_the_language(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin(app)
    here = f"/attempts/{handle}/items/1"
    chosen = options(app, handle)[2]
    ana.post(here, data={"option": chosen, "do": "language:es"})
    ticked = re.compile(rf'value="{chosen}"[^>]* checked|checked[^>]* value="{chosen}"')
    for language in ("es", "en", "es"):
        ana.post("/language", data={"language": language})
        assert ticked.search(words(ana.get(here)))
    stored = response(app, handle)
    assert stored is not None
    assert stored.option_id == chosen


# 88: files that are not what they say


def downloads(client: FlaskClient, roster: str) -> Iterator[tuple[str, TestResponse]]:
    """Everything that the site gives as a file."""
    gradebook = roster.removesuffix("/roster") + "/gradebook/file"
    yield "text/csv", client.get(f"{roster}/template.csv")
    yield "application/json", client.get("/account/data")
    for kind, mime in (("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats")):
        yield mime, client.post(gradebook, data={"format": kind})


@pytest.mark.usefixtures("noon")
def test_88_what_is_downloaded_is_saved_as_what_it_is_and_never_shown(
    ben: FlaskClient, roster: str
) -> None:
    for mime, answer in downloads(ben, roster):
        assert (mime, answer.status_code) == (mime, 200)
        assert answer.content_type.startswith(mime)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        plain = re.fullmatch(
            r'attachment; filename="[a-z0-9.-]+"', answer.headers["Content-Disposition"]
        )
        assert plain is not None


@pytest.mark.usefixtures("noon")
def test_88_whatever_is_no_page_of_ours_is_an_attachment_or_plain(
    app: Flask, dev: FlaskClient
) -> None:
    kinds = {}
    for rule in app.url_map.iter_rules():
        if not rule.arguments and "GET" in (rule.methods or set()):
            answer = dev.get(rule.rule)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            if answer.mimetype not in {"text/html", "text/plain"}:
                kinds[rule.rule] = "Content-Disposition" in answer.headers
    kinds.pop("/sw.js", None)  # a script of ours, which a browser takes for nothing else
    assert kinds == {"/account/data": True}


SCRIPT = b"<script>alert(1)</script>"
POLYGLOTS = {
    "list.csv.html": b"name\n" + SCRIPT + b"\n",
    "list.html": b"<!doctype html>\nname\n" + SCRIPT,
    "list.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "picture.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + SCRIPT,
    "moving.csv": b"GIF89a/*\nname\n*/=1;" + SCRIPT,
    "paper.csv": b"%PDF-1.7\nname\n" + SCRIPT,
    "list.xlsx": b"PK\x03\x04" + b"name\n" + SCRIPT,
    "list.csv": b"\xef\xbb\xbfname\n" + SCRIPT + b"\n",
    "list.csv;.exe": b"MZ\x90\0name\n" + SCRIPT,
    "seven.csv": b"name\n+ADw-script+AD4-alert(1)+ADw-/script+AD4-\n",
}


@pytest.mark.parametrize("name", POLYGLOTS)
@pytest.mark.parametrize("kind", ["text/csv", "text/html", "image/png", "application/x-y", ""])
def test_88_a_file_is_judged_by_what_it_holds_and_comes_back_as_text_alone(
    ben: FlaskClient, roster: str, name: str, kind: str
) -> None:
    data = {"file": (io.BytesIO(POLYGLOTS[name]), name, kind)}
    page = ben.post(f"{roster}/preview", data=data)
    assert page.status_code in {200, 422}
    assert page.content_type == "text/html; charset=utf-8"
    assert SCRIPT not in page.data
    assert not POLYGLOTS[name].startswith((b"\x89PNG", b"PK", b"MZ")) or page.status_code == 422
