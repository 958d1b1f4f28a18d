"""Maintenance: nothing new starts, and what runs goes on to its result."""

import random
from datetime import timedelta

import pytest

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.errors import MaintenanceMode
from app.services import attempts
from app.services.assigned_starts import start_assigned
from app.services.maintenance import Maintenance, maintenance_of, turn_off, turn_on
from app.services.responses import Change, save_response
from app.services.results import result_page
from app.storage.attempts import attempts_of, find_any_attempt, response_at
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import NOON, Stage

SOON = NOON + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def off_again(stage: Stage) -> object:
    """The instance outlives the test."""
    yield
    turn_off(stage.site.settings.instance)


@pytest.mark.parametrize("kind", AttemptKind)
def test_nothing_new_starts(stage: Stage, kind: AttemptKind) -> None:
    turn_on(stage.site.settings.instance, "New disk", NOON)
    with pytest.raises(MaintenanceMode) as refused:
        stage.start("ana", kind)
    db.session.rollback()
    assert refused.value.reason == "New disk"
    assert attempts_of(stage.person("ana").id) == []


def test_nothing_that_is_set_starts(stage: Stage) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    quiz = set_quiz(cohort)
    turn_on(stage.site.settings.instance, "", NOON)
    ana, handle = stage.person("ana"), quiz.handle
    with pytest.raises(MaintenanceMode):
        start_assigned(ana, handle, Language.EN, stage.site, NOON, random.Random(1))
    db.session.rollback()
    turn_off(stage.site.settings.instance)
    assert start_assigned(ana, handle, Language.EN, stage.site, NOON, random.Random(1))


def test_what_runs_is_found_saved_and_finished(stage: Stage) -> None:
    handle = stage.start("ana", AttemptKind.QUIZ)
    turn_on(stage.site.settings.instance, "", NOON)
    assert stage.start("ana", AttemptKind.QUIZ, SOON) == handle
    ana, change = stage.person("ana"), Change(Language.EN, flagged=True)
    save_response(ana, handle, 1, change, SOON, stage.site)
    row = find_any_attempt(handle)
    assert row is not None
    saved = response_at(row.id, 1)
    assert saved is not None
    assert saved.flagged
    attempts.submit(ana, handle, SOON, stage.site)
    assert result_page(ana, handle, SOON, stage.site) is not None


def test_it_is_over_at_once(stage: Stage) -> None:
    turn_on(stage.site.settings.instance, "", NOON)
    turn_off(stage.site.settings.instance)
    turn_off(stage.site.settings.instance)
    assert stage.start("ana", AttemptKind.QUIZ)


def test_a_file_made_by_hand_counts_too(stage: Stage) -> None:
    instance = stage.site.settings.instance
    (instance / "maintenance").touch()
    assert maintenance_of(instance) == Maintenance("")
