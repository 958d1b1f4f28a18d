"""Pages travel compressed, and their length gives nothing away."""

import gzip

from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip"}


def test_a_page_is_the_same_page_compressed(stranger: FlaskClient) -> None:
    plain = stranger.get("/help")
    packed = stranger.get("/help", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (
        gzip.decompress(packed.data).split(b"csrf_token")[0] == (plain.data.split(b"csrf_token")[0])
    )
    assert len(packed.data) < len(plain.data) / 2


def test_the_length_of_a_page_is_noisy(stranger: FlaskClient) -> None:
    lengths = {len(stranger.get("/help", headers=GZIP).data) for _ in range(20)}
    assert len(lengths) > 5


def test_a_browser_that_takes_no_gzip_gets_none(stranger: FlaskClient) -> None:
    assert "Content-Encoding" not in stranger.get("/help").headers


def test_caches_are_told(stranger: FlaskClient) -> None:
    assert "Accept-Encoding" in stranger.get("/help", headers=GZIP).headers["Vary"]
