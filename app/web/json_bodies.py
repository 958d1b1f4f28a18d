"""JSON that comes in, with nesting that no page of this site sends refused like any bad JSON."""

from typing import Any

from flask.json.provider import DefaultJSONProvider


class ShallowJson(DefaultJSONProvider):
    """Flask's JSON, but ten thousand brackets are the sender's fault and not the site's."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever was sent)
        """Read it. Raises ValueError, also where it is nested too deeply to be read."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            message = "nested too deeply"
            raise ValueError(message) from error
