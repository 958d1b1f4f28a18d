"""Whole numbers that name something: one too large for the databases names nothing."""

from typing import Any

from werkzeug.routing import IntegerConverter, Map

from app.domain.errors import NotFound

LARGEST = 2**31 - 1
DIGITS = len(str(LARGEST))


class NumberInAddress(IntegerConverter):
    """Flask's `<int:...>`, but no longer than a row's number can be: beyond is no page.

    Nor are digits of other scripts, which would give every page many addresses.
    """

    regex = "[0-9]+"

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Flask's)
        """Set the bound, unless the route has its own."""
        kwargs.setdefault("max", LARGEST)
        super().__init__(url_map, *args, **kwargs)


def number_in_form(given: str | None) -> int | None:
    """The number of the row that a form is about; None for a new one.

    Raises NotFound for what cannot be one.
    """
    if given is None:
        return None
    plain = given.isascii() and given.isdigit() and len(given) <= DIGITS
    if not plain or int(given) > LARGEST:
        raise NotFound
    return int(given)
