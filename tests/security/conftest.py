"""What the pages' tests have, for the tests of the security plan too."""

from tests.web.conftest import noon
from tests.web.watched import kept_watched, watched

__all__ = ["kept_watched", "noon", "watched"]
