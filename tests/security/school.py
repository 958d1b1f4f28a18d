"""Two trainers, two cohorts, and one of everything in five states, for whoever may not have it.

Ana and Eli are in Ben's morning group, Fay in Caro's evening group; Dev runs the site; Gil ran it
too, until his account was closed, and his browser still has its cookie. The state of what an
address names is seen from Ana and Ben:

* live: Ana's, in the morning group
* peer: Eli's, in the same group
* other: Fay's, in the evening group
* mixed: the morning group's address with something of the evening group's in it
* missing: never was there
* gone: archived, withdrawn, handed in and given back, removed or deleted
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from app.domain.access import Role
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.eligibility import SittingState
from app.services.assigned_starts import start_assigned
from app.services.attempts import submit
from app.services.looks import LookAt, note_look
from app.services.people import Registration, add_person
from app.services.tries import record_period, record_sitting, remove_sitting
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortRow, InvitationRow
from app.storage.database import db
from app.storage.people import PersonRow
from app.storage.tries import SittingRow
from tests.cohorts import join, make_cohort, set_quiz
from tests.stage_database import Kept, keep_database
from tests.web.accounts_cast import contents
from tests.web.exam_cast import inside
from tests.world import NOON, PASSWORD, Stage, signed_in

COOKIE = "peerprep"
STATES = ("live", "peer", "other", "mixed", "missing", "gone")
ACTORS = ("stranger", "ana", "eli", "fay", "ben", "caro", "dev", "gil")
NOT_SIGNED_IN = ("stranger", "gil")
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
WRITES = ("INSERT", "UPDATE", "DELETE")
NEVER = 9999
OF_TRAINERS = {"cohorts.remove_trainer"}
"""Where the person in the address is a trainer."""


@dataclass
class School:
    """The site with the school in it, and how to come as anybody."""

    app: Flask
    kept: Kept
    places: dict[str, dict[str, str]]
    """By state, what stands in an address for each of its places."""
    look: str
    """Ben's look at Ana's record."""
    cookies: dict[str, str]
    written: list[str] = field(default_factory=list)
    """The writing statements since it was last put back."""

    def client(self, who: str) -> FlaskClient:
        """A browser of that person's."""
        client = self.app.test_client()
        if who in self.cookies:
            client.set_cookie(COOKIE, self.cookies[who])
        return client

    def addresses(self, endpoint: str, rule: str) -> Iterator[tuple[str, str]]:
        """State and address: each state in which the rule's address is another one."""
        rule = rule.replace("person_id", "trainer_id") if endpoint in OF_TRAINERS else rule
        names = PLACE.findall(rule)
        seen = set()
        for state in STATES:
            if state == "mixed" and not ("cohort" in names and len(names) > 1):
                continue
            values = self.places[state]
            address = rule
            for place in PLACE.finditer(rule):
                address = address.replace(place.group(0), values[place.group(1)])
            if address not in seen:
                seen.add(address)
                yield state, address

    def changed(self) -> bool:
        """Whether the database is another than it was; read only where anything was written."""
        return bool(self.written) and self.hashed() != self.first

    def hashed(self) -> int:
        """All that the database holds."""
        return hash(str(contents(self.app)))

    def put_back(self) -> None:
        """The database as it was, where anything was written."""
        if self.written:
            self.kept.put_back()
            self.written.clear()

    @property
    def first(self) -> int:
        """What `hashed` was at the beginning."""
        return self.app.extensions.setdefault("school_hash", self.hashed())  # type: ignore[no-any-return]


def open_school(app: Flask) -> Iterator[School]:
    """Furnish the school and let everybody sign in; close Gil's account after that."""
    with inside(app) as stage:
        for username, role in (("fay", Role.CANDIDATE), ("gil", Role.ADMINISTRATOR)):
            person = Registration(username, username.title(), hash_password(PASSWORD), Language.EN)
            add_person(person, NOON, role)
        places = _furnish(stage)
    cookies = {who: _cookie(app, who) for who in ACTORS if who != "stranger"}
    with inside(app) as stage:
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "gil").values(active=False)
        )
        cohort = db.session.query(CohortRow).filter_by(handle=places["live"]["cohort"]).one()
        ana = stage.person("ana").id
        look = note_look(stage.person("ben"), cohort.id, [ana], LookAt.RECORD, NOON)
    kept = keep_database(app)
    school = School(app, kept, places, look, cookies)
    app.extensions.pop("school_hash", None)
    _ = school.first

    def note(*call: object) -> None:
        if str(call[2]).lstrip().upper().startswith(WRITES):
            school.written.append(str(call[2]))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield school
    sa.event.remove(engine, "before_cursor_execute", note)
    kept.forget()


def _cookie(app: Flask, who: str) -> str:
    cookie = signed_in(app, who).get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def _furnish(stage: Stage) -> dict[str, dict[str, str]]:
    """The groups and what is in them."""
    morning, evening = make_cohort(stage), make_cohort(stage, "Evening group", "caro")
    old = make_cohort(stage, "Last year's group")
    join(stage, morning, "ana", "eli")
    join(stage, evening, "fay")
    join(stage, old, "ana")
    fixed = {"item_id": "none", "position": "1", "token": "made-up", "filename": "site.css"}
    live = fixed | _belongings(stage, "ana", morning, "ben", "ABCDEFGH")
    peer = live | _belongings(stage, "eli", morning, "ben", "BCDEFGHJ")
    peer |= {"cohort": live["cohort"], "assignment": live["assignment"]}
    other = fixed | _belongings(stage, "fay", evening, "caro", "CDEFGHJK")
    gone = fixed | _belongings(stage, "ana", old, "ben", "DEFGHJKM", attempt=False)
    gone["handle"] = gone["attempt"]
    _put_away(stage, old, gone)
    missing = {
        **dict.fromkeys(live, "made-up"),
        **dict.fromkeys(("person_id", "trainer_id", "invitation_id", "sitting_id"), str(NEVER)),
        "code": "ZZZZ-ZZZZ",
        "position": "1",
    }
    mixed = {**other, "cohort": live["cohort"]}
    return dict(zip(STATES, (live, peer, other, mixed, missing, gone), strict=True))


def _belongings(
    stage: Stage, who: str, cohort: CohortRow, trainer: str, code: str, *, attempt: bool = True
) -> dict[str, str]:
    """What somebody has: a mock, an assigned attempt, a sitting; and the group's quiz and code."""
    person = stage.person(who)
    quiz = set_quiz(cohort, title=f"For {who}", timed=True, attempts_allowed=3)
    quiz_handle = quiz.handle
    assigned = start_assigned(person, quiz_handle, Language.EN, stage.site, NOON, random.Random(5))
    row = db.session.query(AttemptRow).filter_by(handle=assigned).one()
    quiz.form = row.form
    record_period(person, date(2026, 1, 10), None, NOON)
    record_sitting(person, SittingState.SAT, date(2026, 2, 20), None, NOON, counts=True)
    invitation = InvitationRow(
        cohort_id=cohort.id,
        code=code,
        single_use=False,
        language="en",
        made_at=NOON,
        made_by=stage.person(trainer).id,
        expires_at=NOON + timedelta(days=7),
    )
    db.session.add(invitation)
    db.session.commit()
    sittings = sa.select(sa.func.max(SittingRow.id))
    return {
        "cohort": cohort.handle,
        "assignment": quiz_handle,
        "attempt": assigned,
        "handle": stage.start(who, AttemptKind.MOCK) if attempt else assigned,
        "person_id": str(person.id),
        "trainer_id": str(stage.person(trainer).id),
        "invitation_id": str(invitation.id),
        "sitting_id": str(db.session.scalar(sittings)),
        "code": f"{code[:4]}-{code[4:]}",
        "item_id": row.form[0][0],
    }


def _put_away(stage: Stage, old: CohortRow, gone: dict[str, str]) -> None:
    """Archive the old group, with everything in it withdrawn, revoked, removed or given back."""
    ana = stage.person("ana")
    submit(ana, gone["attempt"], NOON, stage.site)
    db.session.query(AttemptRow).filter_by(handle=gone["attempt"]).update(
        {"voided_at": NOON, "void_reason": "The power was out."}
    )
    remove_sitting(ana, int(gone["sitting_id"]))
    db.session.query(InvitationRow).filter_by(id=int(gone["invitation_id"])).update(
        {"revoked_at": NOON}
    )
    old.archived_at = NOON
    db.session.query(AssignmentRow).filter_by(handle=gone["assignment"]).update(
        {"withdrawn_at": NOON}
    )
    db.session.commit()
