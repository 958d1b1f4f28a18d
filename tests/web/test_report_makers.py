"""Reports are made in a process beside the worker, or else by the pages, with the same answer."""

import errno
import os
import re
import signal
import socket
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.access import Policy, access
from app.web.report_makers import MAKER, NICENESS, ReportMaker, start_report_maker
from app.web.report_turns import is_report, makes_report
from app.web.spreadsheets import XLSX_TYPE
from tests.cohorts import make_cohort
from tests.web.exam_cast import inside
from tests.web.test_metrics import figures, grown
from tests.world import signed_in

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the maker is forked")
CHANGING = re.compile(r'(name="csrf_token"[^>]*value=")[^"]+|(csrf-token" content=")[^"]+')
REPORTS = {
    "board.heat_map",
    "board.items",
    "gradebook.gradebook",
    "gradebook.file",
    "gradebook.report",
}


@pytest.fixture
def cohort(app: Flask) -> str:
    with inside(app) as stage:
        return make_cohort(stage).handle


@pytest.fixture
def maker(app: Flask, noon: object, ben: FlaskClient, cohort: str) -> Iterator[ReportMaker]:
    """The process, forked at noon, once Ben is signed in and the cohort is there."""
    del noon, ben, cohort
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = app.extensions[MAKER] = ReportMaker(app, [listener])
        yield made
        made.give_up()
        app.extensions.pop(MAKER, None)


@pytest.fixture
def idle_worker(app: Flask, maker: ReportMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process fails where it would make a report."""
    del maker  # it has been forked with the views as they are
    for endpoint in REPORTS:
        monkeypatch.setitem(app.view_functions, endpoint, _refuse_to_make)


@access(Policy.PUBLIC)
@makes_report
def _refuse_to_make(**_values: str) -> str:
    pytest.fail("the worker makes a report itself")


def test_the_reports_are_these(app: Flask) -> None:
    found = {name for name, view in app.view_functions.items() if is_report(view)}
    assert found == REPORTS


def test_a_report_of_the_maker_is_what_the_pages_would_have_made(
    app: Flask, ben: FlaskClient, cohort: str, maker: ReportMaker
) -> None:
    path = f"/cohorts/{cohort}/board/heat-map"
    apart = ben.get(path)
    del app.extensions[MAKER]
    here = ben.get(path)
    assert apart.status_code == here.status_code == 200
    assert CHANGING.sub("", apart.text) == CHANGING.sub("", here.text)
    left_out = {"X-Request-ID", "Set-Cookie", "Content-Length"}
    told = {name: value for name, value in apart.headers if name not in left_out}
    assert told == {name: value for name, value in here.headers if name not in left_out}
    assert os.getpriority(os.PRIO_PROCESS, maker.pid) >= NICENESS


@pytest.mark.usefixtures("idle_worker")
def test_it_makes_files_from_forms(ben: FlaskClient, cohort: str) -> None:
    file = ben.post(f"/cohorts/{cohort}/gradebook/file", data={"format": "xlsx"})
    assert (file.status_code, file.content_type) == (200, XLSX_TYPE)
    assert file.data.startswith(b"PK")
    wrong = ben.post(f"/cohorts/{cohort}/gradebook/file", data={"format": "doc"})
    assert wrong.status_code == 422


@pytest.mark.usefixtures("idle_worker")
def test_it_lets_nobody_in_whom_the_pages_keep_out(ana: FlaskClient, cohort: str) -> None:
    path = f"/cohorts/{cohort}/board/heat-map"
    assert ana.get(path).status_code == 404


def test_what_is_no_report_stays_here_and_so_do_strangers(
    app: Flask, ben: FlaskClient, cohort: str, maker: ReportMaker
) -> None:
    os.kill(maker.pid, signal.SIGSTOP)  # it would never answer
    try:
        assert ben.get(f"/cohorts/{cohort}/board").status_code == 200
        assert ben.get(f"/cohorts/{cohort}").status_code == 200
        assert ben.get("/cohorts/no/such/page").status_code == 404
        strange = app.test_client().get(f"/cohorts/{cohort}/board/heat-map")
        assert strange.headers["Location"].startswith("/sign-in")
    finally:
        os.kill(maker.pid, signal.SIGCONT)


def test_without_it_the_pages_make_the_report(
    ben: FlaskClient, cohort: str, maker: ReportMaker
) -> None:
    os.kill(maker.pid, signal.SIGKILL)
    for _once_and_again in range(2):
        assert ben.get(f"/cohorts/{cohort}/board/heat-map").status_code == 200
        file = ben.post(f"/cohorts/{cohort}/gradebook/file", data={"format": "csv"})
        assert file.status_code == 200
    assert not maker.is_there


def test_one_that_takes_too_long_is_given_up(
    ben: FlaskClient, cohort: str, maker: ReportMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.report_makers.LONGEST_SECONDS", 0.1)
    os.kill(maker.pid, signal.SIGSTOP)
    assert ben.get(f"/cohorts/{cohort}/board/heat-map").status_code == 200
    assert not maker.is_there
    with pytest.raises(ProcessLookupError):
        os.kill(maker.pid, 0)


def test_what_it_makes_is_counted_where_the_figures_are_kept(watched: Flask) -> None:
    with inside(watched) as stage:
        path = f"/cohorts/{make_cohort(stage).handle}/board/heat-map"
    ben, before = signed_in(watched, "ben"), figures(watched)
    made = watched.extensions[MAKER] = ReportMaker(watched, [])
    assert ben.get(path).status_code == 200
    assert made.is_there
    made.give_up()
    del watched.extensions[MAKER]
    rule = "/cohorts/<cohort>/board/heat-map"
    assert grown(before, figures(watched), "peerprep_requests_total", rule, "GET", "2xx") == 1
    assert grown(before, figures(watched), "peerprep_request_statements_sum", rule) > 0


def test_where_no_process_can_be_begun_the_pages_make_the_report(
    app: Flask, noon: object, ben: FlaskClient, cohort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del noon
    monkeypatch.setattr("os.fork", _no_process)
    start_report_maker(app, [])
    assert MAKER not in app.extensions
    assert ben.get(f"/cohorts/{cohort}/board/heat-map").status_code == 200


def _no_process() -> int:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def test_it_ends_with_its_worker(app: Flask) -> None:
    ours, theirs = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(ours)
        ReportMaker(app, [])
        os._exit(0)
    os.close(theirs)
    os.waitpid(worker, 0)
    with os.fdopen(ours) as line:
        assert line.read() == ""  # comes to its end once neither of them is there
