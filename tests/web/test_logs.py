"""Log lines, for machines and for people: what stands in them."""

import logging
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.config import LogFormat
from app.storage.database import db
from app.storage.statements import count_statements
from app.web.logs import JsonLines
from tests.log_lines import written
from tests.web.exam_cast import begin, inside
from tests.world import signed_in

MADE = re.compile(r"[0-9a-f]{16}")
SECRET = "canary in a message"


def test_a_request_is_one_line_with_its_rule_and_without_its_address(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin(app)
    with written(app) as log:
        answer = ana.get(f"/attempts/{handle}/items/1?walk=flagged")
    (line,) = log.lines
    assert line.pop("time").endswith("Z")
    assert 0 < line.pop("ms") < 60_000
    assert MADE.fullmatch(line.pop("person"))
    assert line == {
        "level": "INFO",
        "logger": "app.requests",
        "message": "request",
        "request_id": answer.headers["X-Request-ID"],
        "method": "GET",
        "endpoint": "/attempts/<handle>/items/<int:position>",
        "status": 200,
    }


def test_a_refusal_is_named_by_its_kind(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with written(app) as log:
        ana.get(f"/attempts/{handle}/result")
    assert [(line["status"], line["refusal"]) for line in log.lines] == [(409, "ResultNotReady")]


def test_whatever_is_sent_as_a_verb_or_an_address_is_not_repeated(
    app: Flask, stranger: FlaskClient
) -> None:
    with written(app) as log:
        stranger.open("/canary/canary?canary=canary", method="CANARY")
    (line,) = log.lines
    assert (line["method"], line["endpoint"], line["status"]) == ("other", "unmatched", 404)
    assert "canary" not in log.text.lower()


def test_a_person_is_a_keyed_hash_the_same_on_every_line(app: Flask, dev: FlaskClient) -> None:
    with inside(app) as stage:
        eli, own = stage.person("eli").id, stage.person("dev").id
    with written(app) as log:
        dev.get("/home")
        dev.post(f"/administration/people/{eli}/role", data={"role": "trainer"})
    line = JsonLines(app.config["SECRET_KEY"])
    told = [entry["message"] for entry in log.lines if entry["logger"] == "app.services.roster"]
    assert {entry["person"] for entry in log.lines} == {line.person(own)}
    assert told == [f"person {line.person(own)} made person {line.person(eli)} trainer"]
    assert line.person(own) != line.person(eli)
    assert line.person(own) != JsonLines("another key").person(own)


def test_a_stranger_is_nobody_in_the_log(app: Flask, stranger: FlaskClient) -> None:
    with written(app) as log:
        stranger.get("/help")
    assert ["person" in line for line in log.lines] == [False]


def test_addresses_are_logged_only_on_demand_and_without_their_last_part(
    app: Flask, watched: Flask
) -> None:
    said = []
    for site in (app, watched):
        with written(site) as log:
            site.test_client().get("/health", headers={"X-Forwarded-For": "198.51.100.77"})
        said.append(log.requests()[0].get("network"))
        assert "198.51.100.77" not in log.text
    assert said == [None, "198.51.100.0/24"]


def test_people_are_spared_a_line_for_each_request(app: Flask, ana: FlaskClient) -> None:
    with written(app, LogFormat.TEXT) as log:
        ana.get("/home")
    assert log.text == ""


def test_people_read_events_with_the_same_facts(app: Flask, ana: FlaskClient) -> None:
    with written(app, LogFormat.TEXT) as log:
        ana.get("/help")
        with app.test_request_context("/join/ABCD-EFGH", method="POST"):
            logging.getLogger("app.services").warning("first\nsecond\x1b[31m \u202eback")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING app\.services: "
        r"first\\u000asecond\\u001b\[31m \\u202eback "
        r"\[request_id=None method=POST endpoint=/join/<code>\]\n",
        log.text,
    ), log.text


def test_a_line_for_machines_stays_one_line(app: Flask) -> None:
    with written(app) as log:
        logging.getLogger("app").warning("first\nsecond\u2028\x85 \ud800")
    assert log.text.count("\n") == 1
    assert log.text.isascii()
    assert log.lines[0]["message"] == "first\nsecond\u2028\x85 \ud800"


@pytest.mark.parametrize("log_format", LogFormat)
def test_of_an_exception_stand_kind_and_frames_and_never_what_it_says(
    app: Flask, log_format: LogFormat
) -> None:
    with written(app, log_format) as log:
        try:
            try:
                int(SECRET)
            except ValueError as error:
                raise KeyError(SECRET) from error
        except KeyError:
            logging.getLogger("app").exception("it failed")
    assert "builtins.KeyError" in log.text
    assert "builtins.ValueError" in log.text
    assert "tests/web/test_logs.py:" in log.text
    assert SECRET not in log.text


@pytest.mark.parametrize("log_format", LogFormat)
def test_the_server_s_own_lines_lose_address_and_sender(app: Flask, log_format: LogFormat) -> None:
    server = logging.getLogger("gunicorn.error")
    with written(app, log_format) as log:
        server.error("Error handling request %s %s", "GET", "/join/ABCD-EFGH?canary")
        server.warning("Invalid request from ip=203.0.113.9: canary")
        server.critical("WORKER TIMEOUT (pid:%s)", 77)
    assert [word for word in ("ABCD", "canary", "203.0.113") if word in log.text] == []
    assert "Error handling request" in log.text
    assert "WORKER TIMEOUT (pid:77)" in log.text


def test_a_slow_request_is_one_warning_with_its_statements(watched: Flask) -> None:
    with written(watched, LogFormat.TEXT):
        dev = signed_in(watched, "dev")
    with written(watched) as log:
        dev.get("/administration")
    slow, whole = log.lines
    assert (slow["level"], slow["message"]) == ("WARNING", "slow request")
    assert (slow["endpoint"], whole["message"]) == (whole["endpoint"], "request")
    assert slow["statements"] >= 3
    assert 0 < slow["sql_ms"] <= slow["ms"]


def test_a_commit_takes_time_and_is_no_statement(app: Flask) -> None:
    with inside(app):
        tally = count_statements()
        db.session.execute(sa.text("update person set display_name = 'x'"))
        sent, before = tally.statements, tally.seconds
        db.session.commit()
    assert (tally.statements, tally.seconds > before) == (sent, True)


def test_a_quick_request_is_not_called_slow(app: Flask, ana: FlaskClient) -> None:
    with written(app) as log:
        ana.get("/health")
    assert [line["level"] for line in log.lines] == ["INFO"]
