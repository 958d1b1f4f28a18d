"""What guesses find out, how many may be made, and that a flood of them starves nobody.

A sign-in name is taken or not, and registering must say so; everything else looks alike.
"""

import http.cookiejar
import math
import statistics
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_security
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.services.throttle import truncated
from app.storage.database import db
from app.storage.people import PersonRow, ThrottleRow
from app.web import passwords
from app.web.hashing import TOGETHER, TURNS, Turns
from tests.browser.running_site import RunningSite, running_site
from tests.web.accounts_cast import contents, guarded_app, sign_in, text_of
from tests.web.exam_cast import begin
from tests.world import PASSWORD


@contextmanager
def counted_checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The hashes that passwords are checked against inside; each check is still made."""
    checks: list[str] = []
    check = flask_security.verify_password

    def counting(password: str, against: str) -> bool:
        checks.append(against.split("$")[3])
        return bool(check(password, against))

    monkeypatch.setattr(passwords, "verify_password", counting)
    yield checks
    monkeypatch.undo()


def close(app: Flask, username: str) -> None:
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == username).values(active=False)
        )
        db.session.commit()


def test_every_name_costs_one_check_of_the_same_strength(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(app, "eli")
    with counted_checks(monkeypatch) as checks:
        for name in ("ana", "nobody", "eli", "zoë", "\0", "a" * 900):
            sign_in(app.test_client(), name, "not the password")
        sign_in(app.test_client(), "ana", "x" * 100_000)
    assert checks == ["m=64,t=1,p=1"] * 7


def test_a_reset_costs_one_check_whether_the_address_is_known_or_not(
    tmp_path: Path, bank: BankFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = guarded_app(tmp_path, bank, mail_server="m.example", public_url="http://localhost")
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
        db.session.commit()
    with counted_checks(monkeypatch) as checks:
        for address in ("ana@example.org", "nobody@example.org"):
            app.test_client().post("/reset", data={"email": address})
    assert len(checks) == 2


@pytest.mark.parametrize(
    "name", ["ana", "nobody", "zoë", "x'; drop table person --", "\0", "a" * 900]
)
def test_wrong_and_unknown_look_the_same(app: Flask, name: str) -> None:
    wrong = sign_in(app.test_client(), "ana", "not the password")
    other = sign_in(app.test_client(), name, "not the password")
    assert other.status_code == wrong.status_code == 200
    assert _without(text_of(other)) == _without(text_of(wrong))


def test_a_closed_account_looks_like_an_unknown_one(app: Flask) -> None:
    unknown = text_of(sign_in(app.test_client(), "nobody", PASSWORD))
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(active=False)
        )
        db.session.commit()
    closed = text_of(sign_in(app.test_client(), "ana", PASSWORD))
    assert _without(closed) == _without(unknown)


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_after_ten_failures_a_name_waits_but_not_for_good(app: Flask, name: str) -> None:
    client = app.test_client()
    for _ in range(10):
        assert "do not go together" in sign_in(client, name, "wrong one").get_data(as_text=True)
    refused = sign_in(client, name, PASSWORD)
    assert refused.status_code == 200
    assert "Please wait 15 minutes" in refused.get_data(as_text=True)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        again = sign_in(client, name, PASSWORD)
    assert again.status_code == (302 if name == "ana" else 200)


def test_success_starts_the_name_anew_but_not_the_network(app: Flask) -> None:
    client = app.test_client()
    for _ in range(4):
        sign_in(client, "ana", "wrong one")
    sign_in(client, "ana")
    assert _failures(app) == {"network": 4}


def test_a_network_waits_after_a_hundred(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank, sign_in_failures=2)
    client = app.test_client()
    for number in range(20):
        sign_in(client, f"name{number}", "wrong one")
    assert "Please wait" in sign_in(client, "ana").get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_addresses_are_kept_without_what_tells_households_apart(
    address: str | None, network: str
) -> None:
    assert truncated(address) == network


def test_too_many_forms_at_once_are_refused(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank)
    app.config["STEM_FLOODS"] = True
    client = app.test_client()
    answers = [client.post("/register", data={}).status_code for _ in range(61)]
    assert answers == [422] * 60 + [429]


def _without(page: str) -> str:
    """The page without the name that was typed."""
    head, mark, tail = page.partition('name="username"')
    assert mark
    return head + tail.partition(">")[2]


def _failures(app: Flask) -> dict[str, int]:
    with app.app_context():
        rows = db.session.execute(sa.select(ThrottleRow.key, ThrottleRow.failures))
        return {key.partition(":")[0]: failures for key, failures in rows}


def test_turns_come_back_at_their_pace() -> None:
    seconds = [0.0]
    turns = Turns(together=3, per_second=2.0, clock=lambda: seconds[0])
    assert [turns.take() for _ in range(4)] == [True, True, True, False]
    seconds[0] = 0.5
    assert [turns.take() for _ in range(2)] == [True, False]
    seconds[0] = 3600.0
    assert [turns.take() for _ in range(4)] == [True, True, True, False]


def test_in_a_flood_sign_ins_wait_and_saves_do_not(
    app: Flask, ana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused costs no hash and no row, and people are told kindly."""
    handle = begin(app)
    ana.post(f"/attempts/{handle}/paper", json={"writer": "a-page"})
    monkeypatch.setitem(app.config, "STEM_FLOODS", value=True)
    monkeypatch.setitem(app.extensions, TURNS, Turns(together=1, per_second=0.0))
    new = {"username": "fayette", "display_name": "Fay", "password": "seven green kites"}
    with counted_checks(monkeypatch) as checks:
        assert sign_in(app.test_client(), "ana").location == "/home"
        before = contents(app)
        refused = sign_in(app.test_client(), "ana")
        too = app.test_client().post("/register", data=new)
        saved = ana.post(f"/attempts/{handle}/responses", json={"writer": "a-page", "changes": []})
    assert [refused.status_code, too.status_code, saved.status_code] == [503, 503, 200]
    assert refused.headers["Retry-After"] == "5"
    assert "wait a few seconds" in refused.get_data(as_text=True)
    assert len(checks) == 1
    assert contents(app) == before


def test_two_classes_may_sign_in_at_the_same_moment(app: Flask) -> None:
    turns: Turns = app.extensions[TURNS]
    assert TOGETHER >= 60
    assert all(turns.take() for _ in range(TOGETHER))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RunningSite]:
    """A real site behind a proxy that says who asks; nobody is in it."""
    with running_site(tmp_path, proxies=1, public_url="https://prep.example") as running:
        yield running


@pytest.mark.long
def test_a_flood_of_sign_ins_from_everywhere_starves_nobody_else(site: RunningSite) -> None:
    """Eight threads serve it all; what is refused at once leaves them to the others."""
    answers, stop = Counter[int](), threading.Event()
    guessers = [threading.Thread(target=_guess, args=(site, n, answers, stop)) for n in range(24)]
    for guesser in guessers:
        guesser.start()
    waits = []
    while sum(answers.values()) < 400:
        begun = time.monotonic()
        assert _status(f"{site.url}/ready") == 200
        waits.append(time.monotonic() - begun)
    stop.set()
    for guesser in guessers:
        guesser.join()
    assert set(answers) <= {200, 503}
    assert answers[200] > 40
    assert statistics.median(waits) < 3


def _guess(site: RunningSite, number: int, answers: Counter[int], stop: threading.Event) -> None:
    """Guess on and on, from one network after the other; the form's token is our own."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(_plain_cookies()))
    tries = 0
    headers = {"X-Forwarded-Host": "prep.example", "X-Forwarded-Proto": "https"}
    page = opener.open(_asked(f"{site.url}/sign-in", headers)).read().decode()
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    while not stop.is_set():
        tries += 1
        form = {"username": f"name-{number}-{tries}", "password": "x", "csrf_token": token}
        network = {**headers, "X-Forwarded-For": f"10.{number}.{tries % 250}.1"}
        request = _asked(f"{site.url}/sign-in", {**network, "Referer": "https://prep.example/"})
        request.data = urllib.parse.urlencode(form).encode()
        try:
            answers[opener.open(request).status] += 1
        except urllib.error.HTTPError as refusal:
            answers[refusal.code if refusal.headers["Retry-After"] else 0] += 1


def _asked(url: str, headers: dict[str, str]) -> urllib.request.Request:
    return urllib.request.Request(url, headers=headers)  # noqa: S310 (our own site)


def _plain_cookies() -> http.cookiejar.CookieJar:
    """A jar that gives secure cookies back over the plain way between proxy and site."""
    policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
    return http.cookiejar.CookieJar(policy)


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (our own site)
        return int(answer.status)


@pytest.mark.long
def test_two_hundred_timed_sign_ins_of_each_kind_take_as_long(app: Flask) -> None:
    """Medians within a tenth; a rank test finds no difference (p > 0.01)."""
    close(app, "eli")
    took: dict[str, list[float]] = {"ana": [], "nobody": [], "eli": []}
    for _round in range(200):
        for name, seconds in took.items():
            with app.app_context():
                db.session.execute(sa.delete(ThrottleRow))
                db.session.commit()
            client = app.test_client()
            begun = time.perf_counter()
            sign_in(client, name, "not the password")
            seconds.append(time.perf_counter() - begun)
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    for name in ("nobody", "eli"):
        assert abs(medians[name] / medians["ana"] - 1) < 0.1
        assert rank_test(took["ana"], took[name]) > 0.01


def rank_test(one: list[float], other: list[float]) -> float:
    """The two-sided p of Mann and Whitney's test, by the normal approximation without ties."""
    ranks = {value: rank for rank, value in enumerate(sorted(one + other), start=1)}
    n, m = len(one), len(other)
    above = sum(ranks[value] for value in one) - n * (n + 1) / 2
    spread = math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(above - n * m / 2) / spread / math.sqrt(2))


def test_the_rank_test_would_see_a_difference() -> None:
    slow, quick = [1 + n / 1000 for n in range(50)], [0.9 + n / 1001 for n in range(50)]
    assert rank_test(slow, quick) < 0.01
    assert rank_test(slow, [1 + n / 1001 for n in range(50)]) > 0.01
