"""What a form does not ask for cannot be set by it: every column of every table is tried.

Each request is sent as its page sends it, then with every column's name added and a hostile value.
Both must leave the same rows; what is drawn by chance differs between two plain requests already
and is left out, and none of the columns that matter is drawn by chance.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.storage.database import Base, db
from tests.security.school import PLACE, School, open_school
from tests.web.assignments_cast import EDITED, FILLED
from tests.world import PASSWORD

NEW = "eleven loud trumpets"
HOSTILE = {
    "role": "administrator", "kind": "mock", "state": "sat", "result": "passed", "language": "es",
    "feedback": "each_item", "purpose": "set_up", "username": "mallory", "email": "m@evil.example",
    "password": "x", "code": "EVILCODE", "handle": "evil", "cohort": "evil", "time_zone": "UTC",
}  # fmt: skip
BY_TYPE: dict[type, str] = {int: "3", float: "3.0", bool: "1", str: "evil", bytes: "evil"}
MOMENT = "2030-01-01T00:00"
MATTERS = {
    "id", "role", "active", "person_id", "cohort_id", "attempt_id", "started_at", "finished_at",
    "base_seconds", "factor", "time_factor", "try_on", "voided_at", "right", "chosen", "email",
    "username", "confirmed_at", "tf_primary_method", "language", "kind", "counts", "used_at",
}  # fmt: skip
CHANCE = {"token_hash", "handle", "code", "password", "fs_uniquifier"}
"""Not to put rows in order by."""
BANK = {"item", "item_revision", "bank_load", "alembic_version"}
STANDING = {"time_factor": "1.5", "break_minutes": "10", "tools": "", "reason": "An approved one."}
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "accounts.register": (
        "stranger", {"username": "fayette", "display_name": "Fay", "password": NEW},
    ),
    "accounts.save_account": (
        "ana", {"display_name": "Ana M.", "language": "en", "time_factor": "1.5"},
    ),
    "accounts.save_preferences": ("ana", {"clock_hidden": "yes"}),
    "accounts.change_email": ("ana", {"remove": "yes"}),
    "administration.set_active": ("dev", {"active": "no"}),
    "administration.set_role": ("dev", {"role": "trainer"}),
    "administration.reset_link": ("dev", {}),
    "assigned.start": ("eli", {"language": "en"}),
    "assignments.create": ("ben", FILLED),
    "assignments.edit": ("ben", EDITED),
    "attempts.move_break": ("ana", {"do": "leave"}),
    "attempts.open_item": ("ana", {"position": "2"}),
    "attempts.save_item": ("ana", {"do": "flag", "note": "n"}),
    "attempts.submit": ("ana", {}),
    "cohorts.add_trainer": ("ben", {"username": "caro"}),
    "cohorts.create": ("ben", {"name": "Night group", "time_zone": "America/Los_Angeles"}),
    "cohorts.make_code": ("ben", {"days": "7"}),
    "cohorts.rename": ("ben", {"name": "Day group", "time_zone": "America/Los_Angeles"}),
    "joining.join": ("fay", {"shares": "yes"}),
    "joining.share": ("ana", {"shares": "yes"}),
    "language.choose": ("ana", {"language": "es"}),
    "records.add_time": ("ben", {"minutes": "5", "reason": "The power was out."}),
    "records.give_back": ("ben", {"reason": "The power was out."}),
    "records.look_at": ("ben", {}),
    "records.set_standing": ("ben", STANDING),
    "rosters.take": ("ben", {"text": "name,email\nZoe,zoe@example.org"}),
    "security.change_password": ("ana", {"password": PASSWORD, "new_password": NEW}),
    "start.start_mock": ("fay", {"language": "en", "agree": "yes"}),
    "start.start_practice": ("fay", {"items": "30", "timed": "untimed", "feedback": "at_end"}),
    "start.start_quiz": (
        "fay", {"items": "10", "areas": "3", "feedback": "at_end", "timed": "untimed"},
    ),
    "tries.record_period": ("eli", {"approved_on": "2024-02-29", "valid_through": "2025-02-27"}),
    "tries.record_sitting": (
        "ana", {"state": "sat", "on": "2026-02-01", "result": "not_passed"},
    ),
    "tries.void": ("dev", {"reason": "The power was out."}),
}  # fmt: skip
"""Who sends what, as the page sends it; every other form is sent empty by the same people."""
CHANGE = {"position": 1, "seq": 1, "flagged": True}
SCRIPTS: dict[str, dict[str, Any]] = {
    "saves.paper": {"writer": "a-page"},
    "saves.save": {"writer": None, "changes": [CHANGE]},
}

Rows = dict[str, list[dict[str, str]]]


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, as it begins."""
    yield from open_school(app)


def columns() -> dict[str, str]:
    """Every column's name, and `_id` and handle names that a form might know, with its value."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            try:
                value = BY_TYPE.get(getattr(column.type, "impl_instance", column.type).python_type)
            except NotImplementedError:
                value = None
            found[column.name] = HOSTILE.get(column.name, value or MOMENT)
    return found | {
        "is_admin": "1",
        "user_id": "1",
        "score": "100",
        "tries": "0",
        "deadline": MOMENT,
    }


def rows(app: Flask) -> Rows:
    """Every row of everybody's, by table; the bank is another's matter."""
    with app.app_context():
        found = {
            table.name: sorted(
                (
                    {name: repr(value) for name, value in row.items()}
                    for row in db.session.execute(sa.select(table)).mappings()
                ),
                key=lambda row: [value for name, value in row.items() if name not in CHANCE],
            )
            for table in Base.metadata.sorted_tables
            if table.name not in BANK
        }
        db.session.remove()
    return found


def differences(one: Rows, other: Rows) -> set[str]:
    """The columns that differ anywhere, and tables with another number of rows."""
    found = set()
    for table, many in one.items():
        if len(many) != len(other[table]):
            found.add(f"{table}: {len(other[table])} rows, not {len(many)}")
        for before, after in zip(many, other[table], strict=False):
            found |= {f"{table}.{name}" for name in before if before[name] != after[name]}
    return found


def after(school: School, who: str, address: str, **body: Any) -> tuple[int, Rows]:  # noqa: ANN401
    """The status and the rows after one request; everything is put back then."""
    status = school.client(who).post(address, **body).status_code
    found = rows(school.app)
    school.put_back()
    return status, found


@pytest.mark.usefixtures("noon")
def test_no_form_sets_what_it_does_not_ask_for(school: School) -> None:
    wrong, undone = [], set(FORMS)
    extra = columns()
    for rule in school.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in SCRIPTS:
            continue
        who, form = FORMS.get(rule.endpoint, ("ana", {}))
        _state, address = next(school.addresses(rule.endpoint, rule.rule))
        plain = [after(school, who, address, data=form) for _time in range(2)]
        drawn = differences(plain[0][1], plain[1][1])
        status, found = after(school, who, address, data={**extra, **form})
        undone -= {rule.endpoint} if status in {200, 302, 303} else set()
        strange = differences(plain[0][1], found) - drawn
        if strange and rule.endpoint in FORMS:
            wrong.append(f"{rule.endpoint}: {sorted(strange)}")
        elif {name for name in strange if not name.startswith("throttle")}:
            wrong.append(f"{rule.endpoint} (empty form): {sorted(strange)}")
        assert {name.partition(".")[2] for name in drawn} & MATTERS == set(), rule.endpoint
    assert wrong == []
    assert sorted(undone) == []


@pytest.mark.usefixtures("noon")
def test_no_script_s_body_sets_what_it_does_not_ask_for(school: School) -> None:
    extra = columns()
    _state, live = next(school.addresses("", "/attempts/<handle>"))
    for path, body in (("paper", SCRIPTS["saves.paper"]), ("responses", SCRIPTS["saves.save"])):
        hostile = {**extra, **body}
        if "changes" in body:
            own = {"option_id", "struck", "note", "seconds", "age"}
            more = {name: value for name, value in extra.items() if name not in own}
            hostile["changes"] = [{**more, **CHANGE}]
        hostile.pop("language", None)
        plain = after(school, "ana", f"{live}/{path}", json=body)
        turned = after(school, "ana", f"{live}/{path}", json=hostile)
        assert (path, plain[0], turned[0]) == (path, 200, 200)
        assert (path, differences(plain[1], turned[1])) == (path, set())


def test_the_comparison_would_see_a_role_that_was_set(school: School) -> None:
    before = rows(school.app)
    after_it = rows(school.app)
    after_it["person"][0]["role"] = "'administrator'"
    assert differences(before, after_it) == {"person.role"}
    assert PLACE.findall("/a/<int:b>") == ["b"]
