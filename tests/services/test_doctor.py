"""What the doctor finds: one thing wrong, one finding, and none where all is well."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.bank.files import BankFiles
from app.cli_doctor import ADVICE, advice_text
from app.config import Settings, secret_key
from app.services import doctor
from app.services.doctor import Finding, Ill, examine
from app.services.maintenance import turn_on
from app.services.restore import restore
from tests.backups import backup_of, filled_site, postgres_settings, quiet, sqlite_settings, values
from tests.banks import GOOD_PATH, GOOD_TEXT, make_bank
from tests.world import NOON

NOW = NOON + timedelta(days=365)
"""After everything that the stage has written."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Settings:
    """A filled site that no test changes."""
    settings = filled_site(tmp_path_factory.mktemp("filled"), bank)
    backup_of(settings)
    return settings


@pytest.fixture
def well(filled: Settings, tmp_path: Path) -> Settings:
    """A site with nothing wrong."""
    settings = sqlite_settings(tmp_path / "well")
    restore(settings, filled.instance / "backup.zip", NOON, quiet)
    secret_key(settings.instance)
    return settings


def ills(settings: Settings, now: object = NOW, *, current: bool = True) -> list[Ill]:
    """What needs mending."""
    found = examine(settings, now, environment_current=current)  # type: ignore[arg-type]
    return [finding.ill for finding in found if finding.needs_mending]


def test_a_site_that_is_well_needs_nothing(well: Settings) -> None:
    assert ills(well) == []


def test_a_site_on_postgresql_whose_server_forgets_nothing_is_well(
    filled: Settings, tmp_path: Path
) -> None:
    settings = postgres_settings(tmp_path / "postgres")
    restore(settings, filled.instance / "backup.zip", NOON, quiet)
    secret_key(settings.instance)
    found = [f for f in examine(settings, NOW, environment_current=True) if f.needs_mending]
    # The tests' own server may lose its newest writes with the power, and the doctor sees it.
    assert [(f.ill, f.detail["setting"]) for f in found] == [(Ill.PROMISE, "fsync")]


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
@pytest.mark.parametrize("name", ["config.toml", "secret_key", "peerprep.db"])
def test_a_file_that_others_can_read_is_named(well: Settings, name: str) -> None:
    path = well.instance / name
    path.touch()
    path.chmod(0o640)
    assert [f.detail for f in doctor.private_files(well)] == [{"file": path}]


def test_a_secret_that_is_gone_or_short_is_found(well: Settings) -> None:
    key = well.instance / "secret_key"
    key.write_text("short")
    assert ills(well) == [Ill.SECRET_SHORT]
    key.unlink()
    assert ills(well) == [Ill.SECRET_MISSING]
    assert not key.exists()


def test_a_folder_where_nothing_was_started_lacks_a_database_and_stays_as_it_is(
    tmp_path: Path,
) -> None:
    settings = sqlite_settings(tmp_path / "new")
    assert ills(settings) == [Ill.NO_DATABASE]
    assert list(settings.instance.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"mail_server": "mail.example.org"}, ["mail_sender"]),
        ({"mail_sender": "a@example.org"}, ["mail_server"]),
        ({"mail_username": "a"}, ["mail_password"]),
        ({"mail_password": "a"}, ["mail_username"]),
        ({"mail_server": "m.example.org", "mail_sender": "a@example.org"}, []),
        ({}, []),
    ],
)
def test_half_set_mail_names_what_it_lacks(
    tmp_path: Path, given: dict[str, str], lacks: list[str]
) -> None:
    settings = replace(sqlite_settings(tmp_path), **given)  # type: ignore[arg-type]
    assert [finding.detail["lacks"] for finding in doctor.mail(settings)] == lacks


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"proxies": 1}, [Ill.NO_ADDRESS]),
        ({"proxies": 1, "public_url": "https://a.example"}, []),
        ({"insecure_lan": True}, [Ill.NO_ADDRESS, Ill.INSECURE]),
        ({"insecure_lan": True, "public_url": "http://a.example"}, [Ill.INSECURE]),
        ({}, []),
    ],
)
def test_a_site_beyond_this_machine_needs_its_address(
    tmp_path: Path, given: dict[str, object], found: list[Ill]
) -> None:
    settings = replace(sqlite_settings(tmp_path), **given)  # type: ignore[arg-type]
    assert [finding.ill for finding in doctor.addresses(settings)] == found


@pytest.mark.parametrize(("free", "found"), [(0, 1), (doctor.LEAST_DISK - 1, 1), (10**12, 0)])
def test_a_disk_that_is_nearly_full_is_found(tmp_path: Path, free: int, found: int) -> None:
    assert len(list(doctor.disk(tmp_path, free))) == found


def test_faults_of_the_bank_are_counted_and_an_unreadable_one_named(
    well: Settings, tmp_path: Path
) -> None:
    faulty = make_bank(tmp_path / "faulty", {GOOD_PATH: GOOD_TEXT.replace("k7f", "nix", 1)})
    broken = make_bank(tmp_path / "broken", {GOOD_PATH: GOOD_TEXT})
    (broken / "taxonomies.toml").write_text("oshpd = [\n")
    found = [
        finding.ill
        for folder in (faulty, broken)
        for finding in doctor.bank(replace(well, bank=folder))
    ]
    assert found == [Ill.BANK_FAULTS, Ill.BANK_UNREADABLE]


def test_a_file_that_is_no_database_is_damaged(well: Settings) -> None:
    (well.instance / "peerprep.db").write_bytes(b"not a database, but long enough" * 50)
    assert ills(well) == [Ill.DAMAGED]


def test_rows_that_belong_to_nothing_are_damage(well: Settings) -> None:
    values(well.instance / "peerprep.db", "update response set attempt_id = 99999")
    assert ills(well) == [Ill.DAMAGED]


def test_a_database_that_does_not_answer_is_named(well: Settings) -> None:
    silent = replace(well, database_url="postgresql://nobody@127.0.0.1:1/none")
    assert ills(silent) == [Ill.UNREACHABLE]


@pytest.mark.parametrize(("revision", "ill"), [("0001", Ill.BEHIND), ("9999", Ill.TOO_NEW)])
def test_a_schema_of_another_version_is_found(well: Settings, revision: str, ill: Ill) -> None:
    values(well.instance / "peerprep.db", "update alembic_version set version_num = ?", [revision])
    assert ills(well) == [ill]


def test_a_clock_behind_the_database_is_found(well: Settings) -> None:
    assert ills(well, NOON - timedelta(days=1)) == [Ill.CLOCK]
    newest = NOON + doctor.CLOCK_TOLERANCE
    assert list(doctor.clock(newest, NOON)) == []
    (found,) = doctor.clock(newest + timedelta(minutes=1), NOON)
    assert found.detail == {"minutes": 6}


@pytest.mark.parametrize(("version", "found"), [((3, 40, 1), 1), ((3, 51, 3), 0)])
def test_an_sqlite_with_the_race_is_a_note(version: tuple[int, ...], found: int) -> None:
    notes = list(doctor.journal(version))
    assert [finding.needs_mending for finding in notes] == [False] * found


def test_an_environment_of_another_version_is_found(well: Settings) -> None:
    assert ills(well, current=False) == [Ill.ENVIRONMENT]


def test_maintenance_is_a_note(well: Settings) -> None:
    turn_on(well.instance, "", NOON)
    noted = [f.ill for f in examine(well, NOW, environment_current=True) if not f.needs_mending]
    assert Ill.MAINTENANCE in noted


DETAIL = dict.fromkeys(
    [
        "count",
        "file",
        "folder",
        "found",
        "has",
        "lacks",
        "line",
        "megabytes",
        "minutes",
        "newest",
        "reason",
        "revision",
        "setting",
        "version",
        "wanted",
    ],
    "…",
)


@pytest.mark.parametrize("ill", Ill)
def test_every_finding_says_what_why_and_how_to_mend(ill: Ill) -> None:
    said = advice_text(Finding(ill, dict(DETAIL))).splitlines()
    assert len(said) == 3
    assert set(ADVICE) == set(Ill)
