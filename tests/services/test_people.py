"""Roles, closing accounts, one-time links and letters."""

import smtplib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask_mailman import EmailMessage

from app.domain.access import Role
from app.domain.bilingual import Language
from app.domain.errors import NotFound
from app.services import mail, people, roster
from app.services.sign_ins import Proof, person_of, start_sign_in
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import OneTimeLinkRow, find_person
from tests.world import NOON, Stage

LETTER = mail.Letter("A subject", "A body with a secret", Language.EN)


@pytest.mark.parametrize("actor", ["ana", "ben"])
def test_only_administrators_do_anything_about_people(stage: Stage, actor: str) -> None:
    who, whom = stage.person(actor), stage.person("eli").id
    for act in (
        lambda: roster.people_page(who),
        lambda: roster.set_role(who, whom, Role.TRAINER),
        lambda: roster.set_active(who, whom, active=False),
        lambda: roster.make_reset_link(who, whom, NOON),
        lambda: roster.drop_second_step(who, whom),
    ):
        with pytest.raises(NotFound):
            act()
    assert stage.person("eli").role is Role.CANDIDATE


def test_an_administrator_sees_everybody_by_name(stage: Stage) -> None:
    page = roster.people_page(stage.person("dev"))
    assert [entry.display_name for entry in page] == ["Ana", "Ben", "Caro", "Dev", "Eli"]


def test_a_new_role_ends_the_sign_ins(stage: Stage) -> None:
    eli = stage.person("eli").id
    token, uniquifier = start_sign_in(eli, "", NOON), find_person(eli).fs_uniquifier  # type: ignore[union-attr]
    assert roster.set_role(stage.person("dev"), eli, Role.TRAINER)
    assert stage.person("eli").role is Role.TRAINER
    assert person_of(Proof.of_token(token, uniquifier), NOON) is None


def test_the_last_administrator_stays(stage: Stage) -> None:
    dev = stage.person("dev")
    assert not roster.set_role(dev, dev.id, Role.CANDIDATE)
    assert not roster.set_active(dev, dev.id, active=False)
    assert not people.delete_person(dev.id)
    assert stage.person("dev").role is Role.ADMINISTRATOR


def test_one_of_two_administrators_may_go(stage: Stage) -> None:
    dev, ben = stage.person("dev"), stage.person("ben")
    roster.set_role(dev, ben.id, Role.ADMINISTRATOR)
    assert roster.set_role(stage.person("ben"), dev.id, Role.CANDIDATE)
    assert not people.delete_person(ben.id)


def test_a_closed_administrator_does_not_count(stage: Stage) -> None:
    dev, ben = stage.person("dev"), stage.person("ben")
    roster.set_role(dev, ben.id, Role.ADMINISTRATOR)
    roster.set_active(dev, ben.id, active=False)
    assert not people.delete_person(dev.id)


def test_nobody_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        roster.set_role(stage.person("dev"), 10_000, Role.TRAINER)


def test_a_reset_link_works_once(stage: Stage) -> None:
    token = roster.make_reset_link(stage.person("dev"), stage.person("ana").id, NOON)
    assert people.reset_password(token, "hash", NOON).username == "ana"
    with pytest.raises(NotFound):
        people.reset_password(token, "other", NOON)


def test_a_newer_reset_link_kills_the_older_but_not_another_person_s(stage: Stage) -> None:
    dev = stage.person("dev")
    older = roster.make_reset_link(dev, stage.person("ana").id, NOON)
    others = roster.make_reset_link(dev, stage.person("eli").id, NOON)
    roster.make_reset_link(dev, stage.person("ana").id, NOON)
    with pytest.raises(NotFound):
        people.link_is_good(older, people.RESET, NOON)
    assert people.link_is_good(others, people.RESET, NOON)


def test_a_reset_link_dies_after_half_an_hour(stage: Stage) -> None:
    token = roster.make_reset_link(stage.person("dev"), stage.person("ana").id, NOON)
    assert people.link_is_good(token, people.RESET, NOON + timedelta(minutes=29))
    with pytest.raises(NotFound):
        people.link_is_good(token, people.RESET, NOON + timedelta(minutes=30))


def test_links_are_kept_as_hashes(stage: Stage) -> None:
    token = roster.make_reset_link(stage.person("dev"), stage.person("ana").id, NOON)
    assert list(db.session.scalars(sa.select(OneTimeLinkRow.token_hash))) != [token]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana", "ana"),
        (" ANA ", "ana"),
        ("ａｎａ", "ana"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
    ],
)
def test_sign_in_names_have_one_form(typed: str, kept: str) -> None:
    assert people.normalise_username(typed) == kept


def waiting(stage: Stage) -> OutboxRow:
    mail.queue_letter(stage.person("ana").id, "ana@example.org", LETTER, NOON)
    db.session.commit()
    return outbox()


def outbox() -> OutboxRow:
    db.session.expire_all()
    return db.session.scalars(sa.select(OutboxRow)).one()


def test_a_letter_is_sent_once_and_then_says_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(EmailMessage, "send", lambda self: sent.append((self.subject, self.to)))
    waiting(stage)
    assert [mail.drain_outbox(NOON), mail.drain_outbox(NOON)] == [1, 0]
    assert sent == [("A subject", ["ana@example.org"])]
    assert (outbox().sent_at, outbox().body) == (NOON, "")


def test_a_letter_that_cannot_go_is_tried_again_but_not_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: EmailMessage) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(EmailMessage, "send", fail)
    waiting(stage)
    assert [mail.drain_outbox(NOON) for _ in range(10)] == [0] * 10
    assert (outbox().sent_at, outbox().tries) == (None, mail.MOST_TRIES)
