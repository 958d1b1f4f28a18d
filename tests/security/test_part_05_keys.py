"""Nothing that a candidate can fetch before the end depends on the key.

Twin sites that differ in nothing but the keys must answer every request with the same bytes;
no rationale and no mark of a key is in any of them; and where the key stands says nothing.
The order of a form's options is drawn with the key in view (so that the key stands in each place
equally often): the twins therefore share the stored form, and the last tests look at the drawing.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.domain.assembly import draw_form
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.items import Item, PoolItem
from app.storage.attempts import AttemptRow
from app.storage.bank import item_of
from app.storage.database import db
from tests.web.exam_cast import attempt, begin, begin_with_feedback, inside, item, options, words
from tests.world import NOON, build_app, furnish, signed_in

pytestmark = pytest.mark.xdist_group("twins")
TOKEN = re.compile(rb'(name="csrf_token"[^>]*value=")[^"]+')
CHANGING = {"Set-Cookie", "Date", "X-Request-ID"}
MARKS = ("option--key", "option--missed", "is_key", "rationale", "misconception", "verdict")
WRITER = "page-of-the-script"
SIGNIFICANT = 21.1
"""Chi-square with three degrees of freedom exceeds this once in ten thousand times."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the script."""

    path: str
    form: dict[str, str] | None = None
    body: object = None

    def ask(self, client: FlaskClient) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body, without what is new every time."""
        if self.body is not None:
            answer = client.post(self.path, json=self.body)
        elif self.form is not None:
            answer = client.post(self.path, data=self.form)
        else:
            answer = client.get(self.path)
        headers = [(name, value) for name, value in answer.headers if name not in CHANGING]
        return answer.status_code, headers, TOKEN.sub(rb"\1", answer.get_data())


Answers = list[tuple[int, list[tuple[str, str]], bytes]]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two sites, the same but for the keys, with the same attempts running."""

    apps: tuple[Flask, Flask]
    handles: dict[AttemptKind, str]

    def play(self, username: str | None, steps: Iterable[Step]) -> tuple[Answers, Answers]:
        """What the two sites answer to the same requests."""
        played = list(steps)
        with time_machine.travel(NOON, tick=False):
            first, second = (
                [step.ask(client) for step in played]
                for client in (
                    app.test_client() if username is None else signed_in(app, username)
                    for app in self.apps
                )
            )
        return first, second


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Iterator[Twins]:
    """Both sites, each with a mock, a practice test and a quiz of Ana's and a quiz of Eli's."""
    banks = (bank, replace(bank, items=tuple(other_key(item) for item in bank.items)))
    apps = []
    for files in banks:
        app = build_app(tmp_path_factory.mktemp("twin"), files)
        furnish(app, files)
        apps.append(app)
    first, second = apps
    handles = {kind: begin_in_both(first, second, "ana", kind) for kind in AttemptKind}
    yield Twins((first, second), handles)
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def other_key(item: Item) -> Item:
    """The item with another option as its key, and the misconception moved accordingly."""
    ids = sorted(option.id for option in item.options)
    new = ids[(ids.index(item.key) + 1) % len(ids)]
    moved = next(option.misconception for option in item.options if option.id == new)
    misconceptions = {item.key: moved, new: None}
    return replace(
        item,
        key=new,
        options=tuple(
            replace(o, misconception=misconceptions.get(o.id, o.misconception))
            for o in item.options
        ),
    )


def begin_in_both(
    first: Flask, second: Flask, username: str, kind: AttemptKind, **wanted: object
) -> str:
    """The same attempt on both sites: same items, handle and order of options."""
    handles = [begin(app, username, kind, NOON, 3, **wanted) for app in (first, second)]
    forms = [
        attempt(app, handle).form for app, handle in zip((first, second), handles, strict=True)
    ]
    assert [entry[:2] for entry in forms[0]] == [entry[:2] for entry in forms[1]]
    with inside(second):
        db.session.execute(
            sa.update(AttemptRow)
            .where(AttemptRow.handle == handles[1])
            .values(handle=handles[0], form=forms[0])
        )
    return handles[0]


def script(app: Flask, handle: str, every: int) -> Iterator[Step]:
    """All that a page, a form or a script can ask of a running attempt."""
    here, form = f"/attempts/{handle}", attempt(app, handle).form
    places = len(form)
    yield from (Step(here + path) for path in ("", "/clock", "/review", "/break", "/submit"))
    yield Step(f"{here}/paper", body={"writer": None, "take_over": "x"})
    yield Step(f"{here}/paper", body={"writer": WRITER})
    yield Step(f"{here}/paper", body={"writer": "another-page"})
    yield Step(f"/pulse/{handle}")
    yield from results_too_early(here)
    for position in range(1, places + 1):
        if position == 61:
            yield from the_break(here)
        order = form[position - 1][2].split()
        yield Step(f"{here}/items/{position}")
        if position % every == 1:
            yield from work_on(here, position, order, places)
    yield from (
        Step(f"{here}/review?show={show}") for show in ("flagged", "incomplete", "unseen", "x")
    )
    yield from (Step(here + path) for path in ("", "/clock", "/submit"))
    yield from results_too_early(here)


def work_on(here: str, position: int, order: list[str], places: int) -> Iterator[Step]:
    """Every option chosen in turn, by script and by form, and every mark made."""
    where = f"{here}/items/{position}"
    for place, option in enumerate(order):
        yield save(here, position, position * 100 + place, option_id=option, seconds=3)
        yield Step(where, form={"option": option})
        yield Step(where, form={"do": f"strike:{option}"})
    yield save(here, position, 1, option_id=order[0])
    yield save(here, position, 2**50, option_id="zzz")
    yield save(here, position, position * 100 + 9, flagged=True, note="n", struck=order[1])
    yield Step(f"{here}/responses", body={"writer": "another-page", "changes": []})
    yield Step(f"{here}/paper", body={"writer": WRITER})
    yield Step(where, form={"do": "reveal", "option": order[2]})
    yield Step(where)
    for button in ("flag", "unflag", "stack", "unstack", "language:en", "language:es", "review"):
        yield Step(where, form={"do": button, "note": "text"})
    yield Step(where, form={"do": f"go:{min(position + 1, places)}"})
    yield Step(f"{here}/open", form={"position": str(position)})


def save(here: str, position: int, seq: int, **change: object) -> Step:
    """One change, as the page's script sends it."""
    changes = [{"position": position, "seq": seq, **change}]
    return Step(f"{here}/responses", body={"writer": WRITER, "changes": changes})


def the_break(here: str) -> Iterator[Step]:
    yield Step(f"{here}/items/61")
    yield Step(f"{here}/open", form={"position": "61"})
    yield Step(f"{here}/break", form={"do": "start"})
    yield from (Step(here + path) for path in ("", "/break", "/items/1", "/review", "/submit"))
    yield Step(f"{here}/break", form={"do": "leave"})
    yield Step(f"{here}/break", form={"do": "leave"})


def results_too_early(here: str) -> Iterator[Step]:
    pages = ("", "/items", "/items?show=missed", "/items/1", "/items/1?in=en", "/print")
    yield from (Step(f"{here}/result{page}") for page in pages)


def elsewhere() -> Iterator[Step]:
    """Every other page that a candidate has."""
    pages = ("/home", "/history", "/tries", "/mock", "/practice", "/quiz", "/account", "/")
    yield from (Step(page) for page in (*pages, "/quiz?axis=competency&area=16", "/help"))


def rationales(app: Flask, handles: Iterable[str]) -> set[str]:
    """Every reason for every option on the forms, in both languages."""
    forms = [attempt(app, handle).form for handle in handles]
    with inside(app):
        items = [item_of(revision) for form in forms for _id, revision, _order in form]
        return {
            option.rationale.text(language)
            for shown in items
            for option in shown.options
            for language in Language
        }


def chi_square(counts: Counter[int]) -> float:
    expected = counts.total() / 4
    return sum((counts[place] - expected) ** 2 / expected for place in range(4))


@pytest.mark.parametrize(("kind", "every"), [("mock", 12), ("practice", 6), ("quiz", 3)])
def test_twin_sites_answer_with_the_same_bytes(twins: Twins, kind: str, every: int) -> None:
    app, handle = twins.apps[0], twins.handles[AttemptKind(kind)]
    steps = [*script(app, handle, every), *elsewhere()]
    first, second = twins.play("ana", steps)
    for step, one, other in zip(steps, first, second, strict=True):
        assert (step, one) == (step, other)
        assert one[0] < 500
    told = unescape(b"\n".join(body for _, _, body in first).decode())
    assert [mark for mark in MARKS if mark in told] == []
    assert [reason for reason in rationales(app, [handle]) if reason in told] == []


def test_the_script_leaves_no_page_of_an_attempt_out(twins: Twins) -> None:
    app, handle = twins.apps[0], twins.handles[AttemptKind.MOCK]
    adapter = app.url_map.bind("localhost")
    asked = {
        adapter.match(
            step.path.partition("?")[0],
            "GET" if step.form is None and step.body is None else "POST",
        )[0]
        for step in script(app, handle, 60)
        if not step.path.startswith("/pulse/")  # which is answered before the pages
    }
    there = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("attempts.", "results.", "saves."))
    }
    assert there - asked == {"attempts.submit"}


@pytest.mark.parametrize("username", [None, "eli", "ben"])
def test_others_learn_no_more_than_the_candidate(twins: Twins, username: str | None) -> None:
    app, handle = twins.apps[0], twins.handles[AttemptKind.QUIZ]
    steps = list(script(app, handle, 5))
    first, second = twins.play(username, steps)
    assert first == second
    assert {status for status, _, _ in first} <= {200, 303, 401, 404, 422}
    read = {step.path for step, answer in zip(steps, first, strict=True) if answer[0] == 200}
    assert read == {f"/pulse/{handle}"}


def test_scripts_and_styles_hold_nothing_of_an_item(twins: Twins) -> None:
    app = twins.apps[0]
    reasons = rationales(app, twins.handles.values())
    for file in sorted((Path(app.root_path) / "static").rglob("*.js")):
        told = file.read_text()
        assert [reason for reason in reasons if reason in told] == []
        assert "is_key" not in told


def test_control_a_leaked_key_is_caught(twins: Twins) -> None:
    first, second = twins.apps
    handle = begin_in_both(first, second, "eli", AttemptKind.QUIZ, feedback=Feedback.EACH_ITEM)
    where = f"/attempts/{handle}/items/1"
    unseen = [s for s in script(first, handle, 5) if (s.form or {}).get("do") != "reveal"]
    one, other = twins.play("eli", unseen)
    assert one == other
    chosen = options(first, handle)[0]
    revealed = [Step(where, form={"option": chosen, "do": "reveal"}), Step(where)]
    one, other = twins.play("eli", revealed)
    assert one[0] == other[0]
    assert one[1] != other[1]


@pytest.mark.usefixtures("noon")
def test_a_shown_answer_shows_that_item_alone(app: Flask, eli: FlaskClient) -> None:
    handle = begin_with_feedback(app, "eli")
    here = f"/attempts/{handle}"
    eli.post(f"{here}/paper", json={"writer": WRITER})
    reasons = {
        position: [option.rationale.en for option in item(app, handle, position).options]
        for position in range(1, 11)
    }
    shown = 0
    for position in range(1, 4):
        for place in range(1, 11):
            page = words(eli.get(f"{here}/items/{place}"))
            seen = [n for n, texts in reasons.items() for text in texts if text in page]
            assert seen == ([place] * 4 if place <= shown else [])
        chosen = options(app, handle, position)[0]
        saved = save(here, position, position, option_id=chosen).ask(eli)
        assert json.loads(saved[2]) == {
            "accepted": [[position, position]],
            "refused": [],
            "added": [],
            "seconds_left": None,
            "late": False,
        }
        eli.post(f"{here}/items/{position}", data={"do": "reveal"})
        shown = position
    for path in ("/review", "/submit"):
        page = words(eli.get(here + path))
        assert [text for texts in reasons.values() for text in texts if text in page] == []


def test_the_key_stands_in_each_place_equally_often(bank: BankFiles) -> None:
    pool = [PoolItem.of(item, number) for number, item in enumerate(bank.live)]
    keys = {item.item_id: item.key for item in pool}
    quiz = bank.blueprint.for_quiz(Counter(item.oshpd for item in pool), 30)
    places, firsts = Counter[int](), Counter[int]()
    for seed in range(400):
        shape = bank.blueprint if seed % 20 == 0 else quiz
        form = draw_form(pool, shape, seen={}, exposure={}, rng=random.Random(seed))
        found = [entry.option_order.index(keys[entry.item_id]) for entry in form.entries]
        places.update(found)
        firsts[found[0]] += 1
    assert chi_square(places) < SIGNIFICANT
    assert chi_square(firsts) < SIGNIFICANT


def test_an_option_s_id_does_not_tell_the_key(bank: BankFiles) -> None:
    ranks = Counter(sorted(o.id for o in item.options).index(item.key) for item in bank.live)
    assert chi_square(ranks) < SIGNIFICANT


def test_the_order_in_the_file_does_not_reach_the_form(bank: BankFiles) -> None:
    """Two files that list the same options in another order draw the same form."""
    turned = [replace(item, options=item.options[::-1]) for item in bank.live]
    quiz = bank.blueprint.for_quiz(Counter(item.oshpd for item in bank.live), 30)
    forms = [
        draw_form(
            [PoolItem.of(item, number) for number, item in enumerate(items)],
            quiz,
            seen={},
            exposure={},
            rng=random.Random(1),
        )
        for items in (bank.live, turned)
    ]
    assert forms[0] == forms[1]
