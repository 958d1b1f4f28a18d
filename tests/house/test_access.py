"""Every route says who may use it."""

from flask import Flask

from app.web.access import policy_of


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    undeclared = [
        rule.rule for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) is None
    ]
    assert undeclared == []
