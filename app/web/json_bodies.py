"""JSON that comes in; what no page of this site sends is refused like any bad JSON."""

from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider


class ShallowJson(DefaultJSONProvider):
    """Flask's JSON, but ten thousand brackets are the sender's fault and not the site's.

    So is a name that stands twice in one object, of which Python would take the last in silence,
    and so are NaN and Infinity, which are no JSON.
    """

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever was sent)
        """Read it. Raises ValueError, also where it is nested too deeply to be read."""
        try:
            return super().loads(
                s, object_pairs_hook=_without_doubles, parse_constant=_no_number, **kwargs
            )
        except RecursionError as error:
            message = "nested too deeply"
            raise ValueError(message) from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return found


def _no_number(name: str) -> NoReturn:
    message = f"{name} is no number"
    raise ValueError(message)
