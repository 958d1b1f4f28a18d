"""Taking a roster: whole or not at all, once, and only by those who run the cohort."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.bilingual import Language
from app.domain.codes import normal_code
from app.domain.errors import CohortArchived, NotFound
from app.domain.roster_files import FileFault, Unread
from app.domain.rosters import Roster, Wrong
from app.services import rosters as services
from app.services.cohorts import revoke_invitation
from app.services.mail import Letter
from app.services.rosters import InvitationNews, InvitationWords
from app.storage.cohorts import CohortRow, InvitationRow, use_once
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import find_by_username
from tests.cohorts import join, make_cohort
from tests.world import NOON, Stage

TEXT = "name,language,email\nLuz,es,luz@example.org\nSam,,\n"
CODES_ARE_TAKEN_ONCE = 20


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    return make_cohort(stage)


def wording(news: InvitationNews) -> Letter:
    return Letter(f"for you {news.language}", f"{news.reader} {news.code}", news.language)


WORDS = InvitationWords(wording, ("for you en", "for you es"))


def take(
    stage: Stage, cohort: CohortRow, text: str = TEXT, username: str = "ben", **later: int
) -> int | Roster | FileFault:
    person = stage.person(username)
    moment = NOON + timedelta(**later)
    return services.take_roster(person, cohort.handle, text, moment, random.Random(3))


def rows() -> list[InvitationRow]:
    return [*db.session.scalars(sa.select(InvitationRow).order_by(InvitationRow.id))]


def letters() -> list[OutboxRow]:
    return [*db.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id))]


def wrongs(found: int | Roster | FileFault) -> list[tuple[str, Wrong]]:
    assert isinstance(found, Roster)
    return [(fault.name, fault.reasons[0].code) for fault in found.faults]


def test_every_row_becomes_an_invitation_for_one_person(stage: Stage, cohort: CohortRow) -> None:
    assert take(stage, cohort) == 2
    made = [(row.name, row.language, row.email, row.single_use) for row in rows()]
    assert made == [("Luz", "es", "luz@example.org", True), ("Sam", "en", None, True)]
    assert {(row.made_at, row.expires_at) for row in rows()} == {(NOON, NOON + timedelta(days=30))}
    assert {row.made_by for row in rows()} == {stage.person("ben").id}
    assert all(normal_code(row.code) == row.code and len(row.code) == 8 for row in rows())


def test_reading_writes_nothing(stage: Stage, cohort: CohortRow) -> None:
    found = services.read_roster(stage.person("ben"), cohort.handle, TEXT, NOON)
    assert isinstance(found, Roster)
    assert [row.name for row in found.rows] == ["Luz", "Sam"]
    assert rows() == []


def test_one_row_with_a_fault_keeps_all_from_being_written(stage: Stage, cohort: CohortRow) -> None:
    found = take(stage, cohort, TEXT + "Eva,fr,\n")
    assert wrongs(found) == [("Eva", Wrong.UNKNOWN_LANGUAGE)]
    assert rows() == []


def test_a_list_sent_twice_invites_once(stage: Stage, cohort: CohortRow) -> None:
    take(stage, cohort)
    again = take(stage, cohort, minutes=1)
    assert wrongs(again) == [("Luz", Wrong.INVITED), ("Sam", Wrong.INVITED)]
    assert len(rows()) == 2


def test_a_list_that_cannot_be_read_writes_nothing(stage: Stage, cohort: CohortRow) -> None:
    assert take(stage, cohort, "x") == FileFault(Unread.NO_NAME_COLUMN)
    assert rows() == []


def test_members_are_not_invited_again(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana", "eli")
    eli = find_by_username("eli")
    assert eli is not None
    eli.email = "eli@example.org"
    db.session.commit()
    found = take(stage, cohort, "name,email\nANA,\nElias,ELI@example.org\nDev,\n")
    assert wrongs(found) == [("ANA", Wrong.MEMBER), ("Elias", Wrong.MEMBER)]


def test_another_cohort_s_invitations_do_not_stand_in_the_way(
    stage: Stage, cohort: CohortRow
) -> None:
    take(stage, make_cohort(stage, "Evening group"))
    assert take(stage, cohort) == 2


def test_who_was_invited_can_be_invited_again_once_it_has_run_out_or_is_taken_back(
    stage: Stage, cohort: CohortRow
) -> None:
    take(stage, cohort)
    revoke_invitation(stage.person("ben"), cohort.handle, rows()[0].id, NOON)
    assert take(stage, cohort, "name\nLuz\n") == 1
    assert take(stage, cohort, "name\nSam\n", days=30) == 1


def test_codes_are_new_ones(stage: Stage, cohort: CohortRow) -> None:
    text = "name\n" + "".join(f"Person {n}\n" for n in range(CODES_ARE_TAKEN_ONCE))
    take(stage, cohort, text)
    other = make_cohort(stage, "Evening group")
    take(stage, other, text)  # the same seed: the same codes come up again
    assert len({row.code for row in rows()}) == 2 * CODES_ARE_TAKEN_ONCE


@pytest.mark.parametrize("username", ["caro", "ana"])
def test_only_those_who_run_the_cohort_come_near(
    stage: Stage, cohort: CohortRow, username: str
) -> None:
    person = stage.person(username)
    with pytest.raises(NotFound):
        take(stage, cohort, username=username)
    with pytest.raises(NotFound):
        services.read_roster(person, cohort.handle, TEXT, NOON)
    with pytest.raises(NotFound):
        services.invitations_page(person, cohort.handle, NOON, WORDS)
    with pytest.raises(NotFound):
        services.queue_invitations(person, cohort.handle, NOON, WORDS)
    assert rows() == []


def test_an_archived_cohort_invites_nobody_and_still_shows_its_list(
    stage: Stage, cohort: CohortRow
) -> None:
    take(stage, cohort)
    cohort.archived_at = NOON
    db.session.commit()
    ben = stage.person("ben")
    with pytest.raises(CohortArchived):
        take(stage, cohort, "name\nEva\n")
    with pytest.raises(CohortArchived):
        services.queue_invitations(ben, cohort.handle, NOON, WORDS)
    page = services.invitations_page(ben, cohort.handle, NOON, WORDS)
    assert (page.archived, len(page.invitations)) == (True, 2)


def test_open_invitations_are_listed_newest_list_first(stage: Stage, cohort: CohortRow) -> None:
    take(stage, cohort)
    take(stage, cohort, "name\nEva\nIsa\nPau\n", minutes=1)
    eva, isa = rows()[2:4]
    use_once(eva.id, stage.person("ana").id, NOON)
    revoke_invitation(stage.person("ben"), cohort.handle, isa.id, NOON)
    page = services.invitations_page(stage.person("ben"), cohort.handle, NOON, WORDS)
    assert [line.name for line in page.invitations] == ["Pau", "Luz", "Sam"]
    later = NOON + timedelta(days=30)
    page = services.invitations_page(stage.person("ben"), cohort.handle, later, WORDS)
    assert [line.name for line in page.invitations] == ["Pau"]


def test_letters_go_once_to_those_with_an_address_and_belong_to_the_trainer(
    stage: Stage, cohort: CohortRow
) -> None:
    take(stage, cohort)
    ben = stage.person("ben")
    code = rows()[0].code
    assert services.queue_invitations(ben, cohort.handle, NOON, WORDS) == 1
    assert services.queue_invitations(ben, cohort.handle, NOON, WORDS) == 0
    queued = [(row.person_id, row.recipient, row.subject, row.body) for row in letters()]
    assert queued == [(ben.id, "luz@example.org", "for you es", f"Luz {code}")]
    page = services.invitations_page(ben, cohort.handle, NOON, WORDS)
    assert [(line.name, line.written) for line in page.invitations] == [
        ("Luz", True),
        ("Sam", False),
    ]
    assert page.unwritten == 0


def test_a_letter_about_something_else_is_no_invitation(stage: Stage, cohort: CohortRow) -> None:
    take(stage, cohort)
    ben = stage.person("ben")
    services.queue_invitations(ben, cohort.handle, NOON, WORDS)
    other = replace(WORDS, subjects=("something else",))
    assert services.invitations_page(ben, cohort.handle, NOON, other).unwritten == 1


def test_who_is_invited_anew_is_written_to_anew(stage: Stage, cohort: CohortRow) -> None:
    ben = stage.person("ben")
    take(stage, cohort)
    services.queue_invitations(ben, cohort.handle, NOON, WORDS)
    revoke_invitation(ben, cohort.handle, rows()[0].id, NOON)
    take(stage, cohort, "name,email\nLuz,luz@example.org\n", hours=1)
    later = NOON + timedelta(hours=2)
    assert services.queue_invitations(ben, cohort.handle, later, WORDS) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ana@Example.ORG", "ana@example.org"),
        ("ana", None),
        ("josé@example.org", None),
        ("ana@localhost", None),
        ("", None),
    ],
)
def test_addresses_are_kept_in_small_letters_and_checked_without_the_network(
    given: str, kept: str | None
) -> None:
    assert services.address(given) == kept


def test_the_language_of_the_row_is_the_invitation_s(stage: Stage, cohort: CohortRow) -> None:
    take(stage, cohort)
    page = services.invitations_page(stage.person("ben"), cohort.handle, NOON, WORDS)
    assert [line.language for line in page.invitations] == [Language.ES, Language.EN]
