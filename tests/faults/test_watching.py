"""Watching a site in trouble: no database, no room for the log, workers that die.

Numbers in the tests' names are those of the fault catalogue.
"""

import json
import logging
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask, Response, before_render_template
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.storage.database import db
from tests.browser.running_site import RunningSite, running_site
from tests.log_lines import written
from tests.web.exam_cast import begin, options, response
from tests.world import BANK

CANARY = "canary-9e2f"
PATIENCE = 60
PLACE = re.compile(r"<[^>]*>")
TRACES = ("Traceback", "sqlalchemy", "sqlite3", "psycopg", ".py", CANARY)
ASKS_NOTHING = {"/health"}
BODY_FIRST = {"/attempts/<handle>/responses", "/attempts/<handle>/paper"}
"""What is sent there is read, and refused where it cannot be, before the database is asked."""


@contextmanager
def no_database(app: Flask) -> Iterator[None]:
    """Every connection is refused, as by a server that is down."""

    def refuse(dialect: sa.Dialect, *_rest: object) -> None:
        raise dialect.loaded_dbapi.OperationalError(CANARY)

    with app.app_context():
        engine = db.engine
    engine.dispose()
    sa.event.listen(engine, "do_connect", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine, "do_connect", refuse)


@contextmanager
def full_disk() -> Iterator[TextIO]:
    """A file without room."""
    file = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 (closing it fails too)
    yield file
    with suppress(OSError):
        file.close()


# The database is gone


def test_a_site_without_its_database_is_there_and_is_not_ready(
    app: Flask, stranger: FlaskClient
) -> None:
    with no_database(app):
        gone = stranger.get("/ready")
        there = stranger.get("/health")
    assert (gone.status_code, gone.get_data(as_text=True)) == (503, "database\n")
    assert (there.status_code, there.data) == (200, b"ok\n")
    assert stranger.get("/ready").status_code == 200


def test_without_its_database_every_page_is_a_kind_one_with_a_name(
    app: Flask, ana: FlaskClient
) -> None:
    wrong = []
    with no_database(app), written(app) as log:
        for rule in app.url_map.iter_rules():
            for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = ana.open(PLACE.sub("1", rule.rule), method=verb)
                told = answer.get_data(as_text=True)
                named = len(answer.headers.get("X-Request-ID", "")) == 16
                kind = answer.status_code in {404, 503} or rule.rule in ASKS_NOTHING
                kind = kind or (rule.rule in BODY_FIRST and answer.status_code == 422)
                if not (named and kind) or any(trace in told for trace in TRACES):
                    wrong.append(f"{verb} {rule.rule}: {answer.status_code}")
    assert wrong == []
    assert {line["refusal"] for line in log.requests() if line["status"] == 503} >= {
        "OperationalError"
    }


# Pages break


def test_where_even_the_error_page_breaks_the_words_are_said(app: Flask, ana: FlaskClient) -> None:
    def fail(_app: Flask, **_context: object) -> None:
        raise ValueError(CANARY)

    with written(app) as log, before_render_template.connected_to(fail, app):
        answer = ana.get("/home")
    told = answer.get_data(as_text=True)
    assert (answer.status_code, answer.mimetype) == (500, "text/plain")
    assert answer.headers["X-Request-ID"] in told
    assert [trace for trace in TRACES if trace in told] == []
    assert [line["message"] for line in log.lines] == [
        "fault",
        "the error page itself failed",
        "request",
    ]


def test_what_breaks_after_the_page_is_logged_without_the_address(
    app: Flask, stranger: FlaskClient
) -> None:
    def fail(_response: Response) -> Response:
        raise ValueError(CANARY)

    hooks = app.after_request_funcs[None]
    hooks.append(fail)
    try:
        with written(app) as log:
            answer = stranger.get(f"/join/{CANARY}?{CANARY}")
    finally:
        hooks.remove(fail)
    assert answer.status_code == 500
    assert "fault outside the pages" in {line["message"] for line in log.lines}
    assert {line["endpoint"] for line in log.lines} == {"/join/<code>"}
    assert CANARY not in log.text


# 28: no room for the log


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_28_a_log_on_a_full_disk_fails_no_save(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    here, option = f"/attempts/{handle}", options(app, handle)[0]
    with written(app), full_disk() as full:
        handler = logging.getLogger().handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(full)
        with pytest.raises(OSError, match="No space left"):
            os.write(full.fileno(), b"x")
        change = {"position": 1, "seq": 1, "option_id": option}
        saved = ana.post(f"{here}/responses", json={"changes": [change]})
        many = [ana.get("/help").status_code for _ in range(100)]
    stored = response(app, handle)
    assert (saved.status_code, set(many)) == (200, {200})
    assert stored is not None
    assert stored.option_id == option


# The real server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Two workers that write for machines and keep figures; an earlier start left some behind."""
    instance = tmp_path_factory.mktemp("watched")
    figures = instance / "metrics"
    figures.mkdir()
    (figures / "counter_1.db").write_bytes(b"left behind by a start that was killed")
    with running_site(
        instance, workers=2, log_format="json", metrics="true", metrics_token=CANARY, bank=BANK
    ) as running:
        yield running


def counted(site: RunningSite, rule: str, status: str = "2xx") -> float:
    """How many GETs of the rule the workers have answered, as one of them says."""
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=PATIENCE) as page:  # noqa: S310 (our own)
        text = page.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "peerprep_requests_total"
        and (sample.labels["endpoint"], sample.labels["status"]) == (rule, status)
    )


def ask(site: RunningSite, path: str) -> int:
    with urllib.request.urlopen(site.url + path, timeout=PATIENCE) as page:  # noqa: S310 (our own)
        status: int = page.status
        return status


def workers(site: RunningSite) -> set[int]:
    """The processes that serve."""
    return children(site.pid)


def children(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(word) for word in listed.read_text().split()} if listed.exists() else set()


def wait_until(come: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not come():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.05)


def lines_of(site: RunningSite) -> list[str]:
    """What the server wrote once it had said where it is."""
    text = site.log.read_text(encoding="utf-8")
    return text[text.index("/setup/") :].splitlines()[1:]


@pytest.mark.xdist_group("watched_site")
def test_whichever_worker_is_asked_gives_the_figures_of_all(site: RunningSite) -> None:
    before = counted(site, "/help")
    assert [ask(site, "/help") for _ in range(40)] == [200] * 40
    assert [counted(site, "/help") - before for _ in range(10)] == [40] * 10


@pytest.mark.xdist_group("watched_site")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux who serves")
def test_16_the_figures_of_a_killed_worker_stay(site: RunningSite) -> None:
    before = counted(site, "/about")
    for _ in range(20):
        ask(site, "/about")
    old = workers(site)
    assert len(old) == 2
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(workers(site) - old) == 2)
    assert counted(site, "/about") - before == 20
    assert ask(site, "/about") == 200
    assert counted(site, "/about") - before == 21
    assert any("Worker (pid:" in line for line in lines_of(site))


@pytest.mark.xdist_group("watched_site")
def test_every_line_of_the_server_is_an_object_and_none_holds_what_was_sent(
    site: RunningSite,
) -> None:
    place = urlsplit(site.url)
    for sent in (
        f"GET /help?{CANARY} HTTP/1.1\r\nHost: x\r\n{CANARY} : bad\r\n\r\n",
        f"{CANARY}\r\n\r\n",
        f"GET /join/{CANARY}?{CANARY} HTTP/9.9\r\n\r\n",
        f"GET /join/{CANARY}?{CANARY} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {CANARY}\r\n\r\n",
    ):
        with socket.create_connection((place.hostname, place.port), PATIENCE) as line:
            line.sendall(sent.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 ")
    wait_until(lambda: any("/join/<code>" in line for line in lines_of(site)))
    found = [json.loads(line) for line in lines_of(site)]
    assert {"message", "time", "level", "logger"} <= set.intersection(*(set(f) for f in found))
    assert "Invalid request" in {line["message"] for line in found}
    assert CANARY not in site.log.read_text(encoding="utf-8")
    assert "127.0.0.1:" not in "\n".join(lines_of(site))
