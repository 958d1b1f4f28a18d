"""Hostile text in every field that people fill, on every page that shows it, and in every file.

Numbers in the tests' names are those of the fault catalogue; the payloads stand in `payloads.py`.
"""

import csv
import io
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import openpyxl
import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from playwright.sync_api import Dialog, Page, Route, StorageState
from werkzeug.test import TestResponse

from app.bank.files import BankFiles
from app.bank.problems import ProblemCode
from app.bank.reader import read_bank
from app.domain.rosters import Desk, Roster, Wrong, parse_roster
from app.services.rosters import address
from app.web.plain_text import END_OF_ISOLATE, ISOLATE, isolated, without_hidden_signs
from app.web.spreadsheets import csv_file, harmless, xlsx_file
from tests.banks import GOOD_PATH, GOOD_TEXT, make_bank
from tests.boards import add_members
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.chromium import find_chromium, the_browser
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite, running_site
from tests.cohorts import make_cohort, set_quiz
from tests.faults.exam_acts import at_desk
from tests.faults.hostile_stage import (
    FIELDS,
    FILE_NAMES,
    PLAIN,
    HostileStage,
    free_texts,
    set_stage,
)
from tests.faults.payloads import (
    BREAKING_OUT,
    FORMULAS,
    FROM_RIGHT_TO_LEFT,
    HIDDEN,
    LINKS,
    MARKUP,
    SHOWN,
    TEMPLATES,
)
from tests.web.accounts_cast import contents
from tests.web.conftest import noon  # noqa: F401 (a fixture)
from tests.web.exam_cast import begin, inside, response
from tests.web.records_cast import Classroom, open_classroom
from tests.world import PASSWORD

Test = TypeVar("Test", bound=Callable[..., None])


def in_chromium(test: Test) -> Test:
    """A test that needs the browser, and a site whose file is filled from outside."""
    for mark in (
        pytest.mark.skipif(find_chromium() is None, reason="no Chromium"),
        pytest.mark.sqlite_only("the real site's file is filled from outside"),
        pytest.mark.xdist_group("hostile-text"),
    ):
        test = mark(test)
    return test


EXPECTED = ("422", "409", "does not conform to the required format")
REFUSED = ("/open-again",)
"""Pages of what cannot be done with what is on the stage."""
ON_PAPER = ("/print", "/report", "/invitations")
SILENT = {
    "accounts.download", "rosters.template", "probes.health", "probes.ready", "probes.metrics",
    "attempts.clock",
}  # fmt: skip
"""No pages: files and single words, which have tests of their own. Links from letters open
pages that show nothing of anybody's."""
STRANGERS = ("/register", "/sign-in", "/reset", "/")
MARK = re.compile(r"⟦(?!end)([a-z_.]+)⟧")
LOOK = """() => {
  const all = [...document.querySelectorAll("*")];
  const attributes = all.flatMap((e) => [...e.attributes].map((a) => [e, a.name, a.value]));
  const linked = ["href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "poster"];
  const foreign = (e, value) => {
    if (e.tagName === "IMG" && value.startsWith("data:image/")) return false;
    try { return new URL(value, document.baseURI).origin !== location.origin; }
    catch { return true; }
  };
  const never = "iframe,object,embed,base,plaintext,xmp,marquee,audio,video,math,frame,style,"
    + "template,meta[http-equiv],image,details[ontoggle],svg a,svg use,svg animate";
  return {
    text: document.documentElement.textContent,
    attributes: attributes.map(([, , value]) => value),
    planted: [
      ...[...document.querySelectorAll(never)].map((e) => e.outerHTML),
      ...[...document.scripts].filter((s) => !s.src).map((s) => s.outerHTML),
      ...attributes.filter(([, name]) => name.startsWith("on")).map(([e]) => e.outerHTML),
      ...attributes.filter(([e, name, value]) => linked.includes(name) && foreign(e, value))
        .map(([, name, value]) => `${name}=${value}`),
    ].map((found) => found.slice(0, 200)),
  };
}"""
LOOSE = """(texts) => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.parentElement.closest("script, textarea, option, .item, [data-item]")) continue;
    for (const [field, text] of Object.entries(texts)) {
      if (field === "item_revision.content") continue;
      const at = node.data.indexOf(text);
      if (at < 0) continue;
      const closed = node.data[at - 1] === "\u2068" && node.data[at + text.length] === "\u2069";
      const own = node.data.trim() === text && node.parentElement.closest("[dir=auto], bdi");
      if (!closed && !(own && own.textContent.trim() === text)) found.push(field);
    }
  }
  for (const e of document.querySelectorAll("*")) for (const a of e.attributes)
    for (const [field, text] of Object.entries(texts)) {
      const at = a.value.indexOf(text);
      const alone = a.value === text || e.matches("[data-next], input, textarea");
      if (at >= 0 && !alone && a.value[at - 1] !== "\u2068") found.push(`${field} in ${a.name}`);
    }
  return found;
}"""
SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: path});
  const token = document.querySelector("[name=csrf_token]").value;
  for (const [name, value] of Object.entries({...fields, csrf_token: token})) {
    const field = Object.assign(document.createElement("textarea"), {name, value});
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


FORMS = 5
ZONE = "America/Los_Angeles"


# 81 to 83, in the browser


class Watch:
    """A browser's page that notes what runs, what is planted and which texts were seen."""

    def __init__(self, page: Page, texts: dict[str, str]) -> None:
        self.page, self.texts = page, texts
        self.seen: set[str] = set()
        self.wrong: list[str] = []
        page.on("dialog", self._note_dialog)

    def go(self, path: str) -> None:
        """Open a page that must be there, and look at it."""
        answer = self.page.goto(path)
        if answer is None or not (answer.ok or path.endswith(REFUSED)):
            self.wrong.append(f"{path}: {answer and answer.status}")
        self.look(path)

    def send(self, path: str, fields: dict[str, str]) -> None:
        """Send a form from where the page is, and look at what comes back."""
        with self.page.expect_navigation() as arrived:
            self.page.evaluate(SEND, [path, fields])
        if arrived.value.status not in {200, 409, 422}:
            self.wrong.append(f"POST {path}: {arrived.value.status}")
        self.look(f"POST {path}")

    def look(self, where: str) -> None:
        """Nothing was planted, and every hostile text stands there letter by letter."""
        found = self.page.evaluate(LOOK)
        self.wrong += [f"{where}: {one}" for one in found["planted"]]
        for text in (found["text"], *found["attributes"]):
            for mark in MARK.finditer(text):
                field = mark[1]
                self.seen.add(field)
                whole = self.texts.get(field, "")
                if not text.startswith(whole, mark.start()):
                    self.wrong.append(f"{where}: {field} came out as {text[mark.start() :][:300]}")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="module")
def hostile(
    tmp_path_factory: pytest.TempPathFactory, bank: BankFiles
) -> Iterator[tuple[HostileStage, RunningSite]]:
    """The site with a hostile text in every field, running."""
    stage = set_stage(tmp_path_factory.mktemp("hostile"), bank, SHOWN)
    with running_site(stage.instance, bank=stage.bank, limit_floods="false") as site:
        yield stage, site


@pytest.fixture
def devices(hostile: tuple[HostileStage, RunningSite]) -> Iterator[Devices]:
    """Devices that may have nothing to complain of, the policy's reports among it."""
    made = Devices(the_browser(), hostile[1])
    yield made
    made.close()


@pytest.fixture(scope="module")
def kept(hostile: tuple[HostileStage, RunningSite]) -> Callable[[str], StorageState | None]:
    """The sign-in of one of the cast, made once."""
    states: dict[str, StorageState] = {}

    def state_of(who: str) -> StorageState | None:
        if who == "stranger":
            return None
        if who not in states:
            context = the_browser().new_context(base_url=hostile[1].url)
            page = context.new_page()
            acts.sign_in(page, Account(who, PASSWORD))
            states[who] = context.storage_state()
            context.close()
        return states[who]

    return state_of


def who_sees(rule: str) -> str:
    """Who of the cast the page is for."""
    if rule.startswith(("/administration", "/tries/mocks")):
        return "dev"
    if rule.startswith("/cohorts"):
        return "ben"
    if rule == "/" or rule.startswith(STRANGERS[:3]):
        return "stranger"
    return "caro" if rule == "/join/<code>" else "ana"


def pages(rules: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Every page that there is, by who sees it."""
    found: dict[str, list[str]] = {}
    for endpoint, rule in rules:
        if endpoint not in SILENT and not rule.endswith(".js") and "<token>" not in rule:
            found.setdefault(who_sees(rule), []).append(rule)
    return found


def forms(stage: HostileStage) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Forms that show names, or come back with what was typed, by who sends them."""
    told = stage.texts["echo"]
    cohort, person = f"/cohorts/{stage.places['cohort']}", stage.places["person_id"]
    quiz = f"{cohort}/board/{stage.places['assignment']}"
    rows = io.StringIO()
    csv.writer(rows).writerows([["name"], *([payload] for payload in SHOWN)])
    return {
        "ben": [
            (f"{cohort}/people/names", {}),
            (f"{cohort}/people/{person}/look", {}),
            (f"{quiz}/names", {}),
            (f"{quiz}/items/{stage.places['item_id']}/who", {}),
            (f"{cohort}/gradebook/names", {}),
            ("/cohorts", {"name": told, "time_zone": told, "other_zone": told}),
            (f"{cohort}/rename", {"name": told, "other_zone": told}),
            (f"{cohort}/trainers/add", {"username": told}),
            (f"{cohort}/assignments/new", {"title": told, "item_ids": told, "opens": told}),
            (f"{cohort}/people/{person}/accommodations", {"tools": told, "reason": told * 9}),
            (f"{cohort}/roster/preview", {"text": rows.getvalue()}),
            (f"{cohort}/roster/preview", {"text": told}),
        ],
        "ana": [
            ("/account", {"display_name": told, "language": told}),
            ("/join", {"code": told}),
            ("/tries/period", {"approved_on": told}),
            ("/quiz", {"areas": told, "items": told}),
        ],
        "stranger": [
            ("/register", {"username": told, "display_name": told, "email": told}),
            ("/sign-in", {"username": told, "password": told, "next": told}),
        ],
        "dev": [("/administration/mock-tries", {"username": told})],
    }


@dataclass
class Tour:
    """What was found on a walk over every page, as everybody."""

    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    opened: int = 0


@pytest.fixture(scope="module")
def tour(
    hostile: tuple[HostileStage, RunningSite], kept: Callable[[str], StorageState | None]
) -> Tour:
    """Walk once, for all who ask."""
    stage, site = hostile
    found = Tour()
    for who, rules in pages(stage.rules).items():
        devices = Devices(the_browser(), site)
        watch = Watch(devices(signed_in=kept(who), expected=EXPECTED), stage.texts)
        look = look_at_the_record(watch, stage) if who == "ben" else ""
        for rule in rules:
            watch.go(stage.path(rule) + (look if "<int:person_id>" in rule else ""))
            if rule.endswith(ON_PAPER):
                watch.page.pdf()
            found.loose |= {f"{rule}: {one}" for one in watch.page.evaluate(LOOSE, stage.texts)}
        watch.go("/account" if who != "stranger" else "/sign-in")
        for path, fields in forms(stage).get(who, []):
            watch.send(path, fields)
        devices.close()
        found.seen |= watch.seen
        found.wrong += watch.wrong
        found.complaints += devices.faults
        found.opened += len(rules)
    return found


def look_at_the_record(watch: Watch, stage: HostileStage) -> str:
    """Note a look at Ana's record, and give the query that shows it."""
    watch.go("/cohorts")
    watch.send(f"/cohorts/{stage.places['cohort']}/people/{stage.places['person_id']}/look", {})
    return f"?{urlsplit(watch.page.url).query}"


@pytest.mark.long
@in_chromium
def test_81_no_text_of_anybody_s_runs_on_any_page_and_each_stands_there_letter_by_letter(
    tour: Tour,
) -> None:
    assert (tour.wrong, tour.complaints) == ([], [])
    assert tour.seen == {*FIELDS, "maintenance", "echo"}
    assert tour.opened > 50


@in_chromium
def test_81_names_of_files_and_what_stands_in_them_are_text_to_the_administrator(
    devices: Devices,
    kept: Callable[[str], StorageState | None],
) -> None:
    watch = Watch(devices(signed_in=kept("dev")), {})
    watch.go("/administration")
    text = watch.page.locator("main").inner_text()
    assert [name for name in FILE_NAMES if f"{name}.toml" not in text] == []
    assert (watch.wrong, devices.faults) == ([], [])


def test_81_every_text_of_the_database_is_hostile_in_these_tests_or_known_to_be_ours() -> None:
    assert free_texts() == {*FIELDS, *PLAIN} - {"assignment.title", "item_revision.content"}


def test_81_there_are_as_many_payloads_as_were_asked() -> None:
    assert len(set(SHOWN)) >= 60


@in_chromium
def test_control_a_page_that_forgets_to_escape_is_caught(
    hostile: tuple[HostileStage, RunningSite], kept: Callable[[str], StorageState | None]
) -> None:
    stage, site = hostile

    written = str(escape(stage.texts["person.display_name"]))

    def forget(route: Route) -> None:
        answer = route.fetch()
        assert written in answer.text()
        planted = f"{MARKUP[0]}<img src=x onerror=alert(1)><a href={LINKS[0]}>x</a>"
        route.fulfill(response=answer, body=answer.text().replace(written, f'">{planted}'))

    faulty = Devices(the_browser(), site)
    page = faulty(signed_in=kept("ana"))
    page.route("**/home", forget)
    watch = Watch(page, stage.texts)
    watch.go("/home")
    faulty.close()
    assert [fault for fault in faulty.faults if "content security policy" in fault]
    assert {one.partition(": ")[2][:7] for one in watch.wrong} >= {"<script", "<img sr", "href=ja"}


# 81 to 83, through the forms


@pytest.fixture
def classroom(app: Flask) -> Classroom:
    """Ben's cohort with Ana in it."""
    return open_classroom(app)


def after_typing(room: Classroom, ana: FlaskClient, ben: FlaskClient, texts: Sequence[str]) -> str:
    """Type a text into each form that keeps one, and what the pages show then, together."""
    name, note, cohort_name, reason, invited = texts
    here, cohort = f"/attempts/{room.handle}/items/1", f"/cohorts/{room.cohort}"
    table = io.StringIO()
    csv.writer(table).writerows([["name", "language"], [invited, "en"]])
    sent = [
        ana.post("/account", data={"display_name": name, "language": "en", "time_factor": "1.0"}),
        ana.post(here, data={"note": note}),
        ben.post(f"{cohort}/rename", data={"name": cohort_name, "time_zone": ZONE}),
        ben.post(f"{cohort}/people/{room.ana}/accommodations", data=standing(reason)),
        ben.post(f"{cohort}/roster/preview", data={"text": table.getvalue()}),
    ]
    paths = ((ana, "/home"), (ana, here), (ana, "/my-record"), (ben, cohort))
    return "".join(page.get_data(as_text=True) for page in (*sent, *(c.get(p) for c, p in paths)))


def fives(payloads: Sequence[str]) -> list[tuple[str, ...]]:
    """Each payload once, to one of the five forms."""
    whole = [*payloads, *payloads[: -len(payloads) % FORMS]]
    return [tuple(whole[place : place + FORMS]) for place in range(0, len(whole), FORMS)]


def standing(text: str) -> dict[str, str]:
    """The form of a member's accommodations."""
    return {"time_factor": "1.0", "break_minutes": "10", "tools": text, "reason": text}


class Links(HTMLParser):
    """Where the links and forms of some pages lead."""

    def __init__(self, pages: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(pages)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        linking = {"href", "src", "action", "formaction", "data", "xlink:href"}
        self.found |= {value or "" for name, value in attrs if name in linking}

    @property
    def away(self) -> set[str]:
        """Those that leave the site."""
        inside = re.compile(r"(/(?!/)|#|\?|http://localhost/)")
        return {one for one in self.found if one and not inside.match(one)}


def faults_of(pages: str, payloads: Sequence[str]) -> list[str]:
    """What is wrong with pages on which these texts should stand as they are."""
    raw = [p for p in payloads if p in pages and re.search(r"<\w|^[\"'].*=", p)]
    missing = [p for p in payloads if str(escape(p)) not in pages and p == " ".join(p.split())]
    run = [p for p in payloads if ">49<" in pages or PASSWORD in pages]
    return [*raw, *missing, *run, *Links(pages).away]


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("payloads", [(*MARKUP, *BREAKING_OUT)], ids=["markup"])
def test_81_what_is_typed_into_a_form_comes_back_as_text(
    classroom: Classroom, ana: FlaskClient, ben: FlaskClient, payloads: Sequence[str]
) -> None:
    for five in fives(payloads):
        assert (five, faults_of(after_typing(classroom, ana, ben, five), five)) == (five, [])


@pytest.mark.usefixtures("noon")
def test_82_no_text_becomes_a_link(
    classroom: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    for five in fives(LINKS):
        pages = after_typing(classroom, ana, ben, five)
        assert (five, faults_of(pages, five)) == (five, [])
        assert not {*five} & Links(pages).found


@pytest.mark.usefixtures("noon")
def test_83_template_signs_are_shown_as_they_are(
    classroom: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    for five in fives(TEMPLATES):
        assert (five, faults_of(after_typing(classroom, ana, ben, five), five)) == (five, [])


@pytest.mark.long
@pytest.mark.long
@pytest.mark.usefixtures("noon")
def test_81_to_83_every_payload_comes_back_as_text_from_every_form(
    classroom: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    for payload in SHOWN:
        five = (payload,) * FORMS
        assert (payload, faults_of(after_typing(classroom, ana, ben, five), five)) == (payload, [])


# 84: what a spreadsheet would run


SIGNS = "=+-@\t\r\n\0＝＋－＠"


@pytest.mark.parametrize("sign", SIGNS)
def test_84_what_would_be_a_formula_in_csv_gets_an_apostrophe(sign: str) -> None:
    assert harmless(f"{sign}1+1") == f"'{sign}1+1"


@given(st.lists(st.lists(st.one_of(st.text(SIGNS + "a1 ,;\"'"), st.integers()), min_size=1)))
def test_84_no_cell_of_a_csv_file_begins_as_a_formula_does(
    table: list[list[str | int]],
) -> None:
    read = csv.reader(io.StringIO(csv_file(table).decode("utf-8-sig"), newline=""))
    for row, cells in zip(read, table, strict=True):
        for shown, cell in zip(row, cells, strict=True):
            assert not (isinstance(cell, str) and shown.startswith(tuple(SIGNS)))
            assert shown.removeprefix("'") == str(cell).removeprefix("'")


@pytest.mark.parametrize("text", [*FORMULAS, "\t=1", "https://example.org", *LINKS])
def test_84_text_in_an_xlsx_file_is_neither_a_formula_nor_a_link(text: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file([["Person"], [text]], "Sheet"))).active
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@pytest.mark.usefixtures("noon")
def test_84_no_cell_of_any_file_that_the_site_gives_is_a_formula(
    app: Flask, ben: FlaskClient
) -> None:
    with inside(app) as stage:
        cohort = make_cohort(stage)
        add_members(cohort, *FORMULAS)
        for formula in FORMULAS:
            set_quiz(cohort, title=formula, handle=secrets.token_urlsafe(8))
        where = f"/cohorts/{cohort.handle}"
    files = [ben.post(f"{where}/gradebook/file", data={"format": "csv"}).data]
    files.append(ben.get(f"{where}/roster/template.csv").data)
    cells = [
        c for f in files for row in csv.reader(io.StringIO(f.decode("utf-8-sig"))) for c in row
    ]
    assert [cell for cell in cells if cell.startswith(tuple(SIGNS))] == []
    assert {f"'{formula}" for formula in FORMULAS} <= set(cells)
    book = ben.post(f"{where}/gradebook/file", data={"format": "xlsx"}).data
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    found = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in found if cell.value in FORMULAS} == {"s"}
    assert {cell.value for cell in found} >= set(FORMULAS)


@pytest.mark.parametrize("formula", FORMULAS)
def test_84_a_formula_in_a_list_of_people_waits(formula: str) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([["name", "language"], [formula, "en"]])
    roster = parse_roster(table.getvalue(), Desk(address))
    assert isinstance(roster, Roster)
    assert Wrong.FORMULA in [reason.code for reason in roster.faults[0].reasons]


# 85 and 86: signs that nobody sees


@pytest.mark.parametrize("name", sorted(HIDDEN.keys() - {"half a character"}))
def test_85_a_hidden_sign_in_an_item_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    for sign in (HIDDEN[name], f"\\U{ord(HIDDEN[name]):08X}"):
        text = GOOD_TEXT.replace("lunes", f"lu{sign}nes")
        (problem,) = read_bank(make_bank(tmp_path, {GOOD_PATH: text})).problems
        assert (problem.line, problem.code) == (23, ProblemCode.FORBIDDEN_CHARACTER)


@pytest.mark.parametrize("text", FROM_RIGHT_TO_LEFT)
def test_85_a_text_from_right_to_left_is_closed_off_in_a_sentence(app: Flask, text: str) -> None:
    assert isolated(text) == f"{ISOLATE}{text}{END_OF_ISOLATE}"
    with app.test_request_context():
        said = render_template_string('{{ _("Hello, %(name)s", name=name) }}', name=text)
    assert said == f"Hello, {ISOLATE}{escape(text)}{END_OF_ISOLATE}"


@pytest.mark.parametrize("text", ["Ana", "Zoë 12", "李", "😀", "", 7, None])
def test_85_every_other_text_stays_as_it_is_in_a_sentence(text: object) -> None:
    assert isolated(text) == text


@pytest.mark.long
@in_chromium
def test_85_no_name_turns_what_stands_around_it(tour: Tour) -> None:
    assert sorted(tour.loose) == []


WHOLE_SIGNS = {name: sign for name, sign in HIDDEN.items() if name != "half a character"}


@pytest.mark.usefixtures("noon")
def test_86_a_name_with_a_sign_that_nobody_sees_is_refused(
    app: Flask, classroom: Classroom, ana: FlaskClient, ben: FlaskClient, stranger: FlaskClient
) -> None:
    before = contents(app)
    for name, sign in WHOLE_SIGNS.items():
        for client, path, fields in (
            (ana, "/account", {"display_name": "A{}na", "language": "en", "time_factor": "1.0"}),
            (ben, f"/cohorts/{classroom.cohort}/rename", {"name": "M{}m", "time_zone": ZONE}),
            (ben, "/cohorts", {"name": "M{}m", "time_zone": ZONE}),
            (stranger, "/register", {**NEW, "display_name": "A{}na"}),
            (stranger, "/register", {**NEW, "username": "a{}na9"}),
        ):
            status = sent_as_bytes(client, path, fields, sign).status_code
            assert (name, path, status) == (name, path, 422)
    assert contents(app) == before


@pytest.mark.usefixtures("noon")
def test_86_a_longer_text_is_kept_without_the_signs_that_nobody_sees(
    app: Flask, classroom: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    person = f"/cohorts/{classroom.cohort}/people/{classroom.ana}"
    for number, (name, sign) in enumerate(WHOLE_SIGNS.items()):
        seen = f"seen{number}"
        fields = {**standing(f"se{{}}en{number}"), "time_factor": str(1.5 + number % 2 * 0.5)}
        sent_as_bytes(ben, f"{person}/accommodations", fields, sign)
        note = {"note": fields["reason"]}
        sent_as_bytes(ana, f"/attempts/{classroom.handle}/items/1", note, sign)
        kept = str(contents(app))
        assert (name, kept.count(f"'{seen}'")) == (name, 3)
        assert (name, repr(sign)[1:-1] in kept) == (name, False)


@pytest.mark.usefixtures("noon")
def test_86_half_a_character_in_a_form_is_kept_as_the_signs_it_was_sent_in(
    app: Flask, ana: FlaskClient
) -> None:
    fields = {"display_name": "A{}na", "language": "en", "time_factor": "1.0"}
    assert sent_as_bytes(ana, "/account", fields, HIDDEN["half a character"]).status_code == 303
    assert "'A%ED%A0%80na'" in str(contents(app)["person"])


NEW = {"display_name": "Zoe", "username": "zoe", "password": "four quiet green lamps"}


def sent_as_bytes(
    client: FlaskClient, path: str, fields: dict[str, str], sign: str
) -> TestResponse:
    """Send a form byte by byte: half a character as no browser would."""
    body = "&".join(
        f"{name}={quote(value.format(sign), safe='', errors='surrogatepass')}"
        for name, value in fields.items()
    )
    return client.post(path, data=body, content_type="application/x-www-form-urlencoded")


@pytest.mark.usefixtures("noon")
def test_86_a_note_from_the_page_s_script_keeps_no_sign_that_nobody_sees(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin(app)
    desk = at_desk(ana, handle)
    for name, sign in HIDDEN.items():
        desk.choose(1, note="")
        answer = desk.choose(1, note=f"see{sign}n")
        refused = name in {"NUL", "half a character"}
        stored = response(app, handle)
        assert stored is not None
        expected = (422, "") if refused else (200, "seen")
        assert (name, answer.status_code, stored.note) == (name, *expected)


def test_86_the_ends_of_lines_and_joined_signs_stay() -> None:
    family = "👨\u200d👩\u200d👧"
    assert without_hidden_signs(f"one\r\ntwo\rthree\t{family}") == f"one\ntwo\nthree\t{family}"
    assert without_hidden_signs(None) is None
