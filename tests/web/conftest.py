"""A fixed moment for the tests of pages that run a clock."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.web.watched import kept_watched, watched  # noqa: F401 (fixtures for all)
from tests.world import NOON


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """It is noon, and stays noon until the test moves on."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
