"""Forms that come in, with no more fields than the largest form of this site has."""

from io import BytesIO
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

MOST_FIELDS = 200
"""A quiz with every subject ticked, the largest form, has half as many."""


class FewFields(FormDataParser):
    """Werkzeug's reader, which counts the parts of a multipart form but no other form's fields."""

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:  # noqa: ANN401 (Werkzeug's)
        sent = stream.read()
        if sent.count(b"&") >= MOST_FIELDS:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(BytesIO(sent), mimetype, content_length, options)


class SmallRequest(Request):
    """A request whose form is read so."""

    form_data_parser_class = FewFields
