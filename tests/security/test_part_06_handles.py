"""Nobody guesses an address: handles are long and random, numbers and neighbours lead nowhere."""

import base64
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.storage.database import Base
from tests.security.school import School, open_school
from tests.web.exam_cast import begin

UNGUESSED = {"attempt", "cohort", "assignment", "look"}
"""Tables whose handles stand in addresses."""
READ = (
    "attempts.clock",
    "attempts.item",
    "results.result",
    "assigned.assignment",
    "gradebook.report",
    "board.assignment",
    "records.people",
    "assignments.preview",
    "cohorts.overview",
)


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, as it begins."""
    yield from open_school(app)


def test_every_handle_in_an_address_is_random(app: Flask) -> None:
    """128 bits for what is private; 96 for what only narrows down who is asked about."""
    named = {table.name for table in Base.metadata.sorted_tables if "handle" in table.columns}
    assert named == UNGUESSED
    assert len(base64.urlsafe_b64decode(f"{begin(app)}==")) == 16


def test_handles_of_one_moment_have_nothing_in_common(school: School) -> None:
    handles = [school.places[state]["handle"] for state in ("live", "peer", "other", "gone")]
    cohorts = [school.places[state]["cohort"] for state in ("live", "other", "gone")]
    for many in (handles, cohorts):
        for one in many:
            assert max(shared(one, other) for other in many if other != one) < 4


def shared(one: str, other: str) -> int:
    """How many letters at the beginning are the same."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def neighbours(handle: str) -> list[str]:
    """What somebody would try who has seen one."""
    turned = handle[:-1] + ("A" if handle[-1] != "A" else "B")
    return [
        turned,
        handle[1:],
        handle + "A",
        handle.lower(),
        handle.upper(),
        handle[::-1],
        "1",
        "0",
    ]


@pytest.mark.usefixtures("noon")
def test_the_neighbours_of_a_handle_are_nowhere(school: School) -> None:
    rules = {rule.endpoint: rule.rule for rule in school.app.url_map.iter_rules()}
    found = []
    for endpoint in READ:
        _state, address = next(school.addresses(endpoint, rules[endpoint]))
        live = school.places["live"]
        for place in ("handle", "cohort", "assignment"):
            if f"<{place}>" in rules[endpoint]:
                for guess in neighbours(live[place]):
                    if guess != live[place]:
                        tried = address.replace(live[place], guess)
                        for who in ("ana", "ben", "dev"):
                            status = school.client(who).get(tried).status_code
                            found += [f"{who} {tried}"] if status != 404 else []
    assert found == []


@pytest.mark.usefixtures("noon")
def test_no_number_opens_what_belongs_to_another_cohort(school: School) -> None:
    """Caro counts through all people, codes and sittings there may be, from her own group."""
    hers = f"/cohorts/{school.places['other']['cohort']}"
    fay, code = (int(school.places["other"][name]) for name in ("person_id", "invitation_id"))
    caro = school.client("caro")
    numbers = st.one_of(st.integers(0, 30), st.integers(-(2**70), 2**70))

    @settings(max_examples=20)
    @given(numbers)
    def count(number: int) -> None:
        tries = {
            f"{hers}/people/{number}/look": number == fay,
            f"{hers}/people/{number}/accommodations": number == fay,
            f"{hers}/codes/{number}/revoke": number == code,
            f"{hers}/people/{number}/attempts/{school.places['live']['attempt']}/time": number
            == fay,
            f"/tries/sittings/{number}/remove": False,
        }
        for path, hers_to_touch in tries.items():
            if not hers_to_touch:
                assert (path, caro.post(path).status_code in {404, 405}) == (path, True)
                assert not school.changed()

    count()
