"""Figures for Prometheus: what is counted, and who is told."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.bank.files import BankFiles
from app.domain.bilingual import Language
from app.services.mail import Letter, queue_letter
from app.storage.database import db
from app.storage.people import PersonRow
from tests.web.exam_cast import attempt, begin, inside, options
from tests.web.watched import TOKEN
from tests.world import NOON, build_app, signed_in

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}

Figures = dict[tuple[str, tuple[str, ...]], float]


def figures(app: Flask) -> Figures:
    """Every figure by its name and its labels' values."""
    answer = app.test_client().get("/metrics", headers=BEARER)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def grown(before: Figures, after: Figures, name: str, *labels: str) -> float:
    return after.get((name, labels), 0) - before.get((name, labels), 0)


def test_a_site_that_keeps_no_figures_has_no_such_page(stranger: FlaskClient) -> None:
    assert stranger.get("/metrics").status_code == 404
    assert stranger.get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, {}, 200),
        ({"REMOTE_ADDR": "127.9.9.9"}, {}, 200),
        ({"REMOTE_ADDR": "::1"}, {}, 200),
        (ELSEWHERE, {}, 404),
        ({"REMOTE_ADDR": ""}, {}, 404),
        (ELSEWHERE, BEARER, 200),
        (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (ELSEWHERE, {"Authorization": f"Bearer {TOKEN[:-1]}"}, 404),
        (ELSEWHERE, {"Authorization": "Bearer "}, 404),
        (ELSEWHERE, {"Authorization": "Bearer ñ"}, 404),
        (ELSEWHERE, {"Authorization": TOKEN}, 404),
        (ELSEWHERE, {"X-Forwarded-For": "127.0.0.1"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.9"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"Via": "1.1 proxy"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.9", **BEARER}, 200),
    ],
)
def test_figures_are_for_this_machine_or_for_the_token(
    watched: Flask, environ: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answer = watched.test_client().get("/metrics", headers=headers, environ_overrides=environ)
    assert answer.status_code == status
    assert (b"peerprep_" in answer.data) is (status == 200)


def test_without_a_token_only_this_machine_is_told(tmp_path: Path, bank: BankFiles) -> None:
    client = build_app(tmp_path, bank, metrics=True).test_client()
    asked = [({}, ELSEWHERE), ({"Authorization": "Bearer "}, ELSEWHERE), ({}, None)]
    told = [
        client.get("/metrics", headers=headers, environ_overrides=environ).status_code
        for headers, environ in asked
    ]
    assert told == [404, 404, 200]


def test_requests_are_counted_by_rule_verb_and_kind_of_status(watched: Flask) -> None:
    client = watched.test_client()
    before = figures(watched)
    for path in ("/health", "/health", "/home", "/nothing", "/nothing-else"):
        client.get(path)
    after = figures(watched)
    counted = [
        grown(before, after, "peerprep_requests_total", *labels)
        for labels in (
            ("/health", "GET", "2xx"),
            ("/home", "GET", "3xx"),
            ("unmatched", "GET", "4xx"),
        )
    ]
    assert counted == [2, 1, 2]
    assert grown(before, after, "peerprep_request_seconds_count", "/health") == 2
    assert grown(before, after, "peerprep_request_seconds_bucket", "/health", "+Inf") == 2
    assert grown(before, after, "peerprep_request_statements_sum", "/health") == 0


def test_statements_are_counted_for_each_rule(watched: Flask) -> None:
    client = watched.test_client()
    before = figures(watched)
    client.get("/ready")
    client.get("/ready")
    after = figures(watched)
    assert grown(before, after, "peerprep_request_statements_count", "/ready") == 2
    assert grown(before, after, "peerprep_request_statements_sum", "/ready") >= 2 * 3


@pytest.mark.usefixtures("noon")
def test_a_save_counts_once_it_is_acknowledged_and_a_refusal_by_its_kind(watched: Flask) -> None:
    ana = signed_in(watched, "ana")
    handle = begin(watched)
    here, option = f"/attempts/{handle}", options(watched, handle)[0]
    chosen = {"position": 1, "seq": 1, "option_id": option}
    before = figures(watched)
    saves = [
        ana.post(f"{here}/responses", json={"changes": [chosen]}),
        ana.post(f"{here}/items/1", data={"do": "flag"}),
        ana.post(f"{here}/responses", json={"changes": [{"position": 999, "seq": 2}]}),
        ana.get(f"{here}/result"),
    ]
    after = figures(watched)
    assert [answer.status_code for answer in saves] == [200, 303, 422, 409]
    assert grown(before, after, "peerprep_saves_acknowledged_total") == 2
    assert grown(before, after, "peerprep_refusals_total", "NotOnForm") == 1
    assert grown(before, after, "peerprep_refusals_total", "ResultNotReady") == 1


@pytest.mark.usefixtures("noon")
def test_what_is_under_way_is_read_when_it_is_asked_for(watched: Flask) -> None:
    before = figures(watched)
    handle = begin(watched)
    with inside(watched) as stage:
        letter = Letter("s", "b", Language.ES)
        queue_letter(stage.person("ana").id, "ana@example.org", letter, NOON)
    after = figures(watched)
    assert grown(before, after, "peerprep_running_attempts") == 1
    assert grown(before, after, "peerprep_outbox_letters") == 1
    assert attempt(watched, handle).finished_at is None


def test_what_strangers_send_makes_no_new_figure(watched: Flask) -> None:
    client = watched.test_client()
    client.open("/nothing", method="STRANGE")
    client.get("/static/x")
    client.get("/join/ABCD-EFGH")
    client.get("/setup/token")
    figures(watched)  # the asking is counted as well
    before = figures(watched)
    for number in range(50):
        client.open(f"/nothing/{number}", method=f"STRANGE{number}")
        client.get(f"/static/{number}")
        client.get(f"/join/ABCD-{number:04}")
        client.get(f"/setup/{number}")
    rules = {rule.rule for rule in watched.url_map.iter_rules()} | {"unmatched"}
    after = figures(watched)
    named = {labels[0] for name, labels in after if name.startswith("peerprep_request") and labels}
    assert (set(after), named <= rules) == (set(before), True)


def test_figures_name_nobody(watched: Flask) -> None:
    signed_in(watched, "ana").get("/home")
    text = watched.test_client().get("/metrics", headers=BEARER).get_data(as_text=True)
    with inside(watched):
        people = [row.fs_uniquifier for row in db.session.scalars(sa.select(PersonRow))]
    assert [name for name in (*people, TOKEN) if name in text] == []
