"""What a backup says and holds, and which restores are refused."""

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.bank.files import BankFiles
from app.config import Settings, secret_key
from app.services.backup import (
    BackupRefused,
    app_version,
    default_backup,
    make_backup,
)
from app.services.restore import move, restore
from app.storage.backup_files import (
    FORMAT,
    BackupFile,
    Manifest,
    NoBackup,
    Why,
    new_backup,
    open_backup,
)
from app.storage.copying import Fingerprint
from app.storage.database import engine_options, install_sqlite_settings
from app.storage.revisions import migrate, newest_revision, revision_of
from app.storage.sqlite_files import copy_while_in_use
from tests.backups import (
    backup_of,
    digest,
    filled_site,
    fingerprints,
    postgres_settings,
    quiet,
    sqlite_settings,
    values,
)
from tests.world import NOON


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Settings:
    """A filled site that no test changes."""
    settings = filled_site(tmp_path_factory.mktemp("filled"), bank)
    backup_of(settings)
    return settings


@pytest.fixture
def file(filled: Settings) -> Path:
    return filled.instance / "backup.zip"


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    return sqlite_settings(tmp_path / "empty")


def why_refused(settings: Settings, file: Path) -> Why:
    with pytest.raises(BackupRefused) as refused:
        restore(settings, file, NOON, quiet)
    return refused.value.why


def manifest_of(file: Path) -> Manifest:
    with open_backup(file) as backup:
        return backup.manifest


def with_other(file: Path, out: Path, **changed: object) -> Path:
    """The same rows under another manifest, sealed as it should be."""
    with open_backup(file) as backup, new_backup(out) as writer:
        for table in backup.manifest.tables:
            copied(writer, backup, table)
        writer.add_manifest(replace(backup.manifest, **changed))  # type: ignore[arg-type]
    return out


def copied(writer: object, backup: BackupFile, table: Fingerprint) -> None:
    list(writer.add_table(table.name, backup.lines(table.name)))  # type: ignore[attr-defined]


def older_database(settings: Settings) -> None:
    """A database of the first revision with one person in it."""
    engine = sa.create_engine(settings.database, **engine_options(settings.database))
    install_sqlite_settings(engine)
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.exec_driver_sql(
            "insert into person (username, display_name, role, active, language, time_factor,"
            " preferences, created_at, fs_uniquifier) values"
            " ('ana', 'Ana', 'candidate', 1, 'es', 1.5, '{}', '2026-03-02 20:00:00.000000', 'u')"
        )
    engine.dispose()


def test_the_manifest_says_what_is_in_the_file(filled: Settings, file: Path) -> None:
    manifest = manifest_of(file)
    assert (manifest.format, manifest.revision) == (FORMAT, newest_revision())
    assert (manifest.app_version, manifest.database) == (app_version(), "sqlite")
    assert manifest.created_at == "2026-03-02T20:00:00+00:00"
    assert {table.name: table for table in manifest.tables} == fingerprints(filled.database)


def test_every_table_of_the_database_is_in_it(filled: Settings, file: Path) -> None:
    names = values(
        filled.instance / "peerprep.db",
        "select name from sqlite_master where type = 'table' and name <> 'alembic_version'",
    )
    assert {table.name for table in manifest_of(file).tables} == {str(name) for (name,) in names}


def test_the_stage_has_a_row_in_almost_every_table(file: Path) -> None:
    bare = {table.name for table in manifest_of(file).tables if not table.rows}
    assert bare <= {"throttle", "assignment", "cohort_invitation"}


def test_a_row_is_a_line_of_json(file: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        rows = packed.read("tables/passkey.jsonl").decode().splitlines()
    assert len(rows) == 1
    assert "AP8K" in json.loads(rows[0])  # the bytes 00 ff 0a


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_a_backup_and_a_restored_database_are_their_owner_s_alone(
    empty: Settings, file: Path
) -> None:
    restore(empty, file, NOON, quiet)
    again = default_backup(empty, NOON)
    make_backup(empty, again, NOON, quiet)
    modes = [
        oct(path.stat().st_mode & 0o777)
        for path in (file, again, again.parent, empty.instance / "peerprep.db")
    ]
    assert modes == ["0o600", "0o600", "0o700", "0o600"]


def test_the_secret_key_is_never_in_it(filled: Settings, file: Path) -> None:
    key = secret_key(filled.instance)
    with zipfile.ZipFile(file) as packed:
        held = [name for name in packed.namelist() if key.encode() in packed.read(name)]
        names = packed.namelist()
    assert held == []
    assert [name for name in names if "secret" in name] == []
    assert "not in this file" in manifest_of(file).secret_key


def test_a_backup_leaves_nothing_else_behind(filled: Settings, tmp_path: Path) -> None:
    before = digest(filled.instance / "peerprep.db")
    make_backup(filled, tmp_path / "one.zip", NOON, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]
    assert digest(filled.instance / "peerprep.db") == before


def test_a_newer_backup_replaces_one_of_its_name_and_nothing_else(
    filled: Settings, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ana")
    make_backup(filled, tmp_path / "daily.zip", NOON, quiet)
    make_backup(filled, tmp_path / "daily.zip", NOON, quiet)
    with pytest.raises(BackupRefused) as refused:
        make_backup(filled, letter, NOON, quiet)
    assert (refused.value.why, letter.read_text()) == (Why.NOT_OURS, "Dear Ana")


def test_there_must_be_a_database_to_back_up(empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused) as refused:
        make_backup(empty, tmp_path / "none.zip", NOON, quiet)
    assert refused.value.why is Why.NO_DATABASE
    assert not (empty.instance / "peerprep.db").exists()


def test_a_damaged_database_is_not_passed_on_as_a_backup(
    filled: Settings, empty: Settings, tmp_path: Path
) -> None:
    database = empty.instance / "peerprep.db"
    shutil.copy(filled.instance / "peerprep.db", database)
    values(database, "update response set attempt_id = 99999")
    with pytest.raises(BackupRefused) as refused:
        make_backup(empty, tmp_path / "bad.zip", NOON, quiet)
    assert (refused.value.why, (tmp_path / "bad.zip").exists()) == (Why.DAMAGED, False)


def test_a_backup_of_an_older_revision_is_brought_up_to_date(
    empty: Settings, tmp_path: Path
) -> None:
    older = sqlite_settings(tmp_path / "older")
    older_database(older)
    file = backup_of(older)
    assert manifest_of(file).revision == "0001"
    restore(empty, file, NOON, quiet)
    engine = sa.create_engine(empty.database)
    with engine.connect() as connection:
        assert revision_of(connection) == newest_revision()
    engine.dispose()
    found = values(empty.instance / "peerprep.db", "select username, time_factor from person")
    assert found == [("ana", 1.5)]


def test_an_older_backup_restores_to_postgresql_as_well(tmp_path: Path) -> None:
    older, target = sqlite_settings(tmp_path / "older"), postgres_settings(tmp_path / "target")
    older_database(older)
    manifest = move(older, target.database_url, NOON, quiet)
    have = fingerprints(target.database)
    assert (manifest.revision, have["person"].rows) == ("0001", 1)
    assert "assignment" in have


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"revision": "9999"}, Why.NEWER_SCHEMA),
        ({"format": FORMAT + 1}, Why.NEWER_FORMAT),
        ({"revision": "0001"}, Why.UNEQUAL),
        ({"tables": ()}, Why.FOREIGN),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    filled: Settings,
    file: Path,
    tmp_path: Path,
    changed: dict[str, object],
    why: Why,
) -> None:
    settings = sqlite_settings(tmp_path / "old")
    shutil.copy(filled.instance / "peerprep.db", settings.instance / "peerprep.db")
    before = digest(settings.instance / "peerprep.db")
    assert why_refused(settings, with_other(file, tmp_path / "other.zip", **changed)) is why
    assert digest(settings.instance / "peerprep.db") == before
    assert {path.name for path in settings.instance.iterdir()} == {"peerprep.db"}


def test_rows_that_differ_from_their_hash_are_refused(
    empty: Settings, file: Path, tmp_path: Path
) -> None:
    tables = [
        replace(table, sha256="0" * 64) if table.name == "person" else table
        for table in manifest_of(file).tables
    ]
    other = with_other(file, tmp_path / "other.zip", tables=tuple(tables))
    assert why_refused(empty, other) is Why.UNEQUAL
    assert not (empty.instance / "peerprep.db").exists()


def test_postgresql_keeps_what_it_has_and_stays_empty_where_a_restore_fails(
    file: Path, tmp_path: Path
) -> None:
    target = postgres_settings(tmp_path / "target")
    tables = [replace(table, rows=table.rows + 1) for table in manifest_of(file).tables]
    other = with_other(file, tmp_path / "other.zip", tables=tuple(tables))
    assert why_refused(target, other) is Why.UNEQUAL
    assert fingerprints(target.database) == {}
    restore(target, file, NOON, quiet)
    assert why_refused(target, file) is Why.NOT_EMPTY


def test_a_move_begins_on_sqlite(tmp_path: Path) -> None:
    target = postgres_settings(tmp_path / "target")
    with pytest.raises(BackupRefused) as refused:
        move(target, target.database_url, NOON, quiet)
    assert refused.value.why is Why.NOT_SQLITE


def test_a_server_that_is_not_there_is_said_to_be_silent(filled: Settings) -> None:
    with pytest.raises(BackupRefused) as refused:
        move(filled, "postgresql://nobody@127.0.0.1:1/none", NOON, quiet)
    assert refused.value.why is Why.UNREACHABLE


def test_a_name_for_a_file_that_is_none_is_refused(filled: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused) as refused:
        make_backup(filled, tmp_path / "no such folder" / "one.zip", NOON, quiet)
    assert refused.value.why is Why.CANNOT_WRITE


def test_a_backup_that_fails_midway_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with new_backup(tmp_path / "half.zip") as writer:
            list(writer.add_table("person", [b"[1]\n"]))
            raise NoBackup(Why.FOREIGN)

    with pytest.raises(NoBackup):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_large_database_is_copied_in_steps_and_comes_out_equal(tmp_path: Path) -> None:
    source, target = tmp_path / "large.db", tmp_path / "copy.db"
    source.touch()
    values(source, "create table pages (id integer primary key, content blob)")
    values(source, "insert into pages (content) values (randomblob(6000000))")
    copy_while_in_use(source, target)
    asked = "select id, hex(content) from pages"
    assert values(source, asked) == values(target, asked)
