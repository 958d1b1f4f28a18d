"""A person with a row in every table that can hold one."""

from datetime import UTC, datetime

import sqlalchemy as sa
from flask_security import SQLAlchemyUserDatastore

from app.domain.bilingual import Language
from app.services.cohorts import create_cohort
from app.services.mail import Letter, queue_letter
from app.services.people import RESET, make_link
from app.storage.database import Base, UtcDateTime, db
from app.storage.own_data import tables_of
from app.storage.people import PasskeyRow, PersonRow
from tests.world import NOON, Stage


def fill(stage: Stage) -> None:
    """Let Ana have a row in every table that can hold one of hers."""
    ana = stage.person("ana")
    stage.start("ana")
    now = datetime.now(UTC)
    row = db.session.get_one(PersonRow, ana.id)
    row.email = "ana@example.org"
    store: SQLAlchemyUserDatastore = stage.app.extensions["security"].datastore
    passkey = PasskeyRow(
        credential_id=b"id",
        public_key=b"key",
        name="Phone",
        usage="first",
        sign_count=0,
        backup_state=False,
        device_type="single_device",
        lastuse_datetime=now,
        user_id=ana.id,
    )
    store.put(passkey)
    queue_letter(ana.id, "ana@example.org", Letter("s", "b", Language.ES), now)
    make_link(RESET, now, ana.id)
    create_cohort(stage.person("ben"), "Morning group", "America/Los_Angeles", now)
    for table, condition in tables_of(ana.id):
        if not db.session.execute(sa.select(table).where(condition)).first():
            db.session.execute(sa.insert(table).values(made_up(table, ana.id)))
    db.session.commit()
    db.session.remove()


def made_up(table: sa.Table, person_id: int) -> dict[str, object]:
    """A row for the table that belongs to the person."""
    known: dict[str, object] = {
        "person_id": person_id,
        "attempt_id": db.session.scalar(sa.select(Base.metadata.tables["attempt"].c.id)),
        "cohort_id": db.session.scalar(sa.select(Base.metadata.tables["cohort"].c.id)),
        "at_what": "record",
        "state": "sat",
        "result": "passed",
    }
    plain: dict[type, object] = {
        int: 1,
        str: "x",
        bool: True,
        float: 1.0,
        datetime: NOON,
        dict: {},
        bytes: b"x",
    }
    values: dict[str, object] = {}
    for column in table.columns:
        if column.name in known:
            values[column.key] = known[column.name]
        elif not column.nullable and not (column.primary_key and column.autoincrement is True):
            moment = isinstance(column.type, UtcDateTime)
            plain_type = getattr(column.type, "impl_instance", column.type)
            kind = datetime if moment else plain_type.python_type
            values[column.key] = plain.get(kind, NOON.date())
    if table.columns.get("id") is not None:
        values.pop("id", None)
    return values
