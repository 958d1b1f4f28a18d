"""Reports are made one at a time; a few wait, and more are asked to come again."""

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import ServiceUnavailable

from app.web.report_turns import MOST_WAITING, report_turn
from tests.cohorts import make_cohort
from tests.web.exam_cast import inside


def test_two_reports_are_not_made_at_once() -> None:
    inside_now, most, done = [], [], threading.Barrier(4)

    def make() -> None:
        done.wait()
        with report_turn():
            inside_now.append(1)
            most.append(len(inside_now))
            inside_now.pop()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_more_than_a_few_are_asked_to_come_again() -> None:
    waiting = threading.Semaphore(0)

    def wait() -> None:
        waiting.release()
        with report_turn():
            pass

    with report_turn():
        threads = [threading.Thread(target=wait) for _ in range(MOST_WAITING)]
        for thread in threads:
            thread.start()
        for _thread in threads:
            waiting.acquire()
        refused = 0
        while not refused:
            try:
                with report_turn():
                    pytest.fail("two reports at once")
            except ServiceUnavailable:
                refused += 1
    for thread in threads:
        thread.join()
    assert refused == 1


@pytest.mark.usefixtures("noon")
def test_who_is_turned_away_reads_when_to_come_again(app: Flask, ben: FlaskClient) -> None:
    with inside(app) as stage:
        handle = make_cohort(stage).handle
    left = threading.Event()
    full = threading.Barrier(MOST_WAITING + 2)

    def wait() -> None:
        full.wait()
        with report_turn():
            left.wait()

    threads = [threading.Thread(target=wait) for _ in range(MOST_WAITING + 1)]
    for thread in threads:
        thread.start()
    full.wait()
    page = ben.get(f"/cohorts/{handle}/board/heat-map")
    while page.status_code == 200:  # not all of them stand in line yet
        page = ben.get(f"/cohorts/{handle}/board/heat-map")
    left.set()
    for thread in threads:
        thread.join()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert ben.get(f"/cohorts/{handle}/board/heat-map").status_code == 200
