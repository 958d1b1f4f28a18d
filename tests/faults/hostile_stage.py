"""A site where every text that somebody has written is hostile, and the pages that show them."""

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.bank.files import BankFiles
from app.bank.reader import read_bank
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Bilingual
from app.services.accommodations import Standing, add_time, give_back, set_standing
from app.services.attempts import response_row, submit
from app.services.bank import load_bank
from app.services.maintenance import turn_on
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow
from app.storage.bank import ItemRevisionRow
from app.storage.cohorts import CohortRow, InvitationRow
from app.storage.database import Base, db
from app.storage.people import PasskeyRow
from tests.boards import add_members, items_on, sit
from tests.cohorts import join, make_cohort, set_quiz
from tests.gradebook_cast import begun, sat
from tests.web.exam_cast import inside
from tests.world import BANK, Stage, build_app, furnish

SHORTEST_FREE_TEXT = 60
FIELDS = (
    "accommodation.reason",
    "accommodation.tools",
    "assignment.title",
    "attempt.void_reason",
    "cohort.name",
    "cohort_invitation.name",
    "item_revision.content",
    "passkey.name",
    "person.display_name",
    "response.note",
    "time_adjustment.reason",
)
"""Everything in the database that people write and pages show."""
PLAIN = {
    "cohort.time_zone", "cohort_invitation.email", "item_revision.content_hash",
    "bank_load.fingerprint", "one_time_link.address", "one_time_link.token_hash",
    "outbox.body", "outbox.recipient", "outbox.subject", "passkey.device_type",
    "passkey.extensions", "passkey.usage", "person.email", "person.fs_uniquifier",
    "person.fs_webauthn_user_handle", "person.password", "person.tf_primary_method",
    "person.tf_totp_secret", "person.username", "sign_in.token_hash", "throttle.key",
}  # fmt: skip
"""Longer texts that are ours, or whose form leaves no room for anything hostile."""
FILE_NAMES = ("<img src=x onerror=alert(1)>", "{{7*7}}", "javascript:alert(1)", "' onclick='x")


def free_texts() -> set[str]:
    """Every column that has room for something hostile."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.String)
        and (column.type.length or SHORTEST_FREE_TEXT) >= SHORTEST_FREE_TEXT
    }


def marked(field: str, payloads: Sequence[str]) -> str:
    """The payloads between two marks, by which a page's text is found again."""
    return "".join((f"⟦{field}⟧", " ¦ ".join(payloads), "⟦end⟧"))


@dataclass(frozen=True, slots=True)
class HostileStage:
    """The site's folder and bank, and what stands in its addresses."""

    instance: Path
    bank: Path
    texts: dict[str, str]
    """What was written, by field."""
    places: dict[str, str]
    finished: str
    """Ana's finished practice test; the address of one that runs stands in `places`."""
    mock: str
    """Her finished mock."""
    rules: tuple[tuple[str, str], ...]
    """Endpoint and rule of everything that can be opened."""

    def path(self, rule: str) -> str:
        """The rule with its places filled."""
        ended = rule.startswith(("/attempts/<handle>/result", "/administration/attempts"))
        handle = self.finished if ended else self.places["handle"]
        values = {**self.places, "handle": self.mock if rule.startswith("/tries") else handle}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: values[place[1]], rule)


def set_stage(folder: Path, bank: BankFiles, payloads: Sequence[str]) -> HostileStage:
    """Let people do everything that leaves text behind, then make the texts hostile."""
    instance = folder / "instance"
    instance.mkdir(parents=True)
    hostile_bank = _bank_with_hostile_files(folder / "bank")
    app = build_app(instance, bank, database_url=f"sqlite:///{instance / 'peerprep.db'}")
    furnish(app, bank)
    now = datetime.now(UTC)
    with inside(app) as stage:
        load_bank(read_bank(hostile_bank), now)
        places, finished, mock = _act(stage, now)
    texts = {field: marked(field, payloads) for field in (*FIELDS, "maintenance", "echo")}
    _write_over(app, texts)
    turn_on(instance, texts["maintenance"], now)
    with app.app_context():
        db.engine.dispose()
    rules = sorted(
        (rule.endpoint, rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set())
    )
    return HostileStage(instance, hostile_bank, texts, places, finished, mock, tuple(rules))


def _bank_with_hostile_files(folder: Path) -> Path:
    shutil.copytree(BANK, folder)
    for name in FILE_NAMES:
        text = f'id = "{name}"\nstatus = "{name}"\n'
        (folder / "items" / "03" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def _act(stage: Stage, now: datetime) -> tuple[dict[str, str], str, str]:
    """Ben teaches Ana and Eli; Ana has something in every state."""
    ana, ben = stage.person("ana"), stage.person("ben")
    cohort = make_cohort(stage, now=now)
    join(stage, cohort, "ana", "eli", shares=True, now=now)
    set_standing(ben, cohort.handle, ana.id, Standing(1.5, 15, "x", "x"), now)
    quiz = _quiz(cohort, "Open", now)
    running = begun(stage, quiz, now=now - timedelta(minutes=5)).handle
    add_time(ben, cohort.handle, ana.id, running, 10, "x", now, stage.site)
    ended = sat(stage, quiz, right=2, wrong=3, now=now - timedelta(hours=3))
    sat(stage, quiz, "eli", right=1, wrong=6, now=now - timedelta(hours=2))
    quiz.form = ended.form
    given_back = sat(stage, quiz, right=1, now=now - timedelta(hours=4)).handle
    give_back(ben, cohort.handle, ana.id, given_back, "x", now)
    finished = _practice(stage, now)
    mock = stage.start("ana", AttemptKind.MOCK, now - timedelta(days=1))
    submit(ana, mock, now - timedelta(hours=23), stage.site)
    items = items_on(3, 10)
    for member in add_members(cohort, "m1", "m2", "m3", "m4", "m5", joined=now):
        sit(quiz, member, items, 2, now=now - timedelta(hours=2))
    db.session.add_all([_invitation(cohort, now), _passkey(ana.id, now)])
    db.session.commit()
    places = {
        "cohort": cohort.handle,
        "assignment": quiz.handle,
        "attempt": running,
        "handle": running,
        "person_id": str(ana.id),
        "position": "1",
        "item_id": items[-1].item_id,
        "code": "ABCD-EFGH",
    }
    return places, finished, mock


def _quiz(cohort: CohortRow, title: str, now: datetime) -> AssignmentRow:
    opens, due = now - timedelta(days=2), now + timedelta(days=7)
    return set_quiz(cohort, title=title, timed=True, attempts_allowed=5, opens_at=opens, due_at=due)


def _practice(stage: Stage, now: datetime) -> str:
    ana = stage.person("ana")
    handle = stage.start(
        "ana", AttemptKind.PRACTICE, now - timedelta(hours=5), feedback=Feedback.EACH_ITEM
    )
    row = db.session.query(AttemptRow).filter_by(handle=handle).one()
    for position in range(1, 9):
        response = response_row(row, position, now)
        response.option_id = row.form[position - 1][2].split()[0]
    submit(ana, handle, now - timedelta(hours=4), stage.site)
    return handle


def _invitation(cohort: CohortRow, now: datetime) -> InvitationRow:
    return InvitationRow(
        cohort_id=cohort.id,
        code="ABCDEFGH",
        single_use=True,
        name="x",
        language="en",
        made_at=now,
        expires_at=now + timedelta(days=7),
    )


def _passkey(person_id: int, now: datetime) -> PasskeyRow:
    return PasskeyRow(
        credential_id=secrets.token_bytes(8),
        public_key=b"key",
        name="x",
        usage="first",
        backup_state=False,
        device_type="single_device",
        lastuse_datetime=now,
        user_id=person_id,
    )


def _write_over(app: Flask, texts: dict[str, str]) -> None:
    """Put the hostile text into every field, past all that the forms would say of it."""
    with inside(app):
        for field in FIELDS:
            table_name, name = field.split(".")
            table, text = Base.metadata.tables[table_name], texts[field]
            if field == "item_revision.content":
                _write_over_items(text)
                continue
            value = Bilingual(text, text) if field == "assignment.title" else text
            has_one = table.c[name].is_not(None)
            db.session.execute(sa.update(table).where(has_one).values({name: value}))


def _write_over_items(text: str) -> None:
    """Only the items that stand on a form: the others are shown nowhere."""
    forms = db.session.scalars(sa.select(AttemptRow.form))
    revisions = {revision for form in forms for _item, revision, _order in form}
    both = [text, text]
    for revision in revisions:
        row = db.session.get_one(ItemRevisionRow, revision)
        options = [{**one, "text": both, "rationale": both} for one in row.content["options"]]
        row.content = {**row.content, "stem": both, "options": options}
