"""The commands that look after a site, as the terminal shows them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.bank.files import BankFiles
from app.cli import commands
from app.cli_backup import REFUSALS
from app.config import Settings
from app.instance_lock import hold_instance
from app.services.maintenance import Maintenance, maintenance_of
from app.storage.backup_files import Why
from tests.backups import digest, filled_site, fingerprints, postgres_settings


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Settings:
    return filled_site(tmp_path_factory.mktemp("filled"), bank)


def run(instance: Path, *words: str) -> Result:
    return CliRunner().invoke(commands(), ["--instance", str(instance), *words])


def test_backup_and_restore_say_what_they_did(filled: Settings, tmp_path: Path) -> None:
    file, other = tmp_path / "b.zip", tmp_path / "other"
    made = run(filled.instance, "backup", "--out", str(file))
    rows = sum(table.rows for table in fingerprints(filled.database).values())
    assert (made.exit_code, made.stdout.splitlines()) == (
        0,
        [
            f"Backup: {file}, {rows} rows.",
            "The secret key is not in it: keep instance/secret_key in another safe place.",
        ],
    )
    done = run(other, "restore", str(file))
    assert done.exit_code == 0
    assert f"Restored: {rows} rows" in done.stdout
    assert "Put the site's secret_key back" in done.stdout
    again = run(other, "restore", str(file))
    assert "The database before it is kept" in again.stdout
    assert fingerprints(f"sqlite:///{other / 'peerprep.db'}") == fingerprints(filled.database)


def test_a_backup_without_a_name_goes_to_the_instance(filled: Settings) -> None:
    made = run(filled.instance, "backup")
    (file,) = (filled.instance / "backups").iterdir()
    assert str(file) in made.stdout


def test_a_file_that_is_no_backup_is_refused_in_one_line(filled: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("x" * 1000)
    before = digest(filled.instance / "peerprep.db")
    refused = run(filled.instance, "restore", str(tmp_path / "x.zip"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{tmp_path / 'x.zip'} is not a PeerPrep backup, or its end is missing. "
        "The database was not changed.\n"
    )
    assert digest(filled.instance / "peerprep.db") == before


@pytest.mark.parametrize("words", [("restore", "b.zip"), ("move", "--to", "postgresql://a/b")])
def test_a_running_site_is_never_replaced(filled: Settings, words: tuple[str, ...]) -> None:
    before = digest(filled.instance / "peerprep.db")
    with hold_instance(filled.instance):
        refused = run(filled.instance, *words)
    assert refused.exit_code == 1
    assert "Please stop it first." in refused.stderr
    assert digest(filled.instance / "peerprep.db") == before


def test_a_backup_needs_no_stop(filled: Settings, tmp_path: Path) -> None:
    with hold_instance(filled.instance):
        assert run(filled.instance, "backup", "--out", str(tmp_path / "b.zip")).exit_code == 0


def test_a_move_says_what_to_set_and_never_shows_the_password(
    filled: Settings, tmp_path: Path
) -> None:
    target = postgres_settings(tmp_path).database_url
    done = run(filled.instance, "move", "--to", target)
    assert done.exit_code == 0, done.output
    assert 'database_url = "postgresql://' in done.stdout
    assert "counted and compared" in done.stdout
    assert fingerprints(target) == fingerprints(filled.database)


def test_the_password_of_a_target_stays_unsaid(filled: Settings) -> None:
    refused = run(filled.instance, "move", "--to", "postgresql://a:hush@127.0.0.1:1/b")
    assert refused.exit_code == 1
    assert "The database does not answer" in refused.stderr
    assert "hush" not in refused.output


@pytest.mark.parametrize("target", ["mysql://a/b", "sqlite:///b.db", "no address"])
def test_a_move_goes_to_postgresql_alone(filled: Settings, target: str) -> None:
    refused = run(filled.instance, "move", "--to", target)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "The address must begin with postgresql://\n",
    )


def test_maintenance_goes_on_and_off_and_says_how_it_stands(tmp_path: Path) -> None:
    said = [
        run(tmp_path, "maintenance", *words).stdout
        for words in ((), ("on", "--reason", "New disk"), (), ("off",))
    ]
    on = "Maintenance is on: no new test starts, and tests that run go on.\n"
    off = "Maintenance is off: tests can start.\n"
    assert said == [off, on, on, off]


def test_the_reason_is_kept(tmp_path: Path) -> None:
    run(tmp_path, "maintenance", "on", "--reason", "New disk")
    assert maintenance_of(tmp_path) == Maintenance("New disk")


def test_the_doctor_ends_with_1_where_something_needs_mending(tmp_path: Path) -> None:
    found = run(tmp_path, "doctor")
    assert found.exit_code == 1
    assert f"✗ There is no database at {tmp_path / 'peerprep.db'}." in found.stdout
    assert found.stdout.splitlines()[-1].startswith("Things to mend: ")


@pytest.mark.parametrize("why", Why)
def test_every_refusal_has_its_sentence(why: Why) -> None:
    assert REFUSALS[why] % {"file": "f", "reason": "r"}
