"""Styles and scripts under one address that changes with their content.

At start the files are copied into the instance folder beside their compressed forms; the
folder's name is a hash of them all, so browsers may keep them for good. A script that imports
others is sent with them in it.
"""

import gzip
import hashlib
import shutil
from pathlib import Path
from wsgiref.headers import Headers

import brotli
from flask import Flask
from whitenoise import WhiteNoise

from app.web import bundles
from app.web.headers import FIXED

SOURCE = Path(__file__).resolve().parent.parent / "static"
COMPRESSED = {".css", ".js", ".svg", ".webmanifest", ".txt"}


def install_static_files(app: Flask, instance: Path) -> None:
    """Serve the files before the application sees the request; `static_url(name)` links them."""
    version = _version(SOURCE)
    root = instance / "static" / version
    if not root.exists():
        _build(SOURCE, root)
    serving = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_headers,
    )
    serving.add_files(str(root), prefix=f"static/{version}/")
    app.wsgi_app = serving  # type: ignore[method-assign]
    app.jinja_env.globals["static_url"] = lambda name: f"/static/{version}/{name}"


def _version(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(source).as_posix().encode() + path.read_bytes())
    digest.update(Path(bundles.__file__).read_bytes())
    return digest.hexdigest()[:12]


def _build(source: Path, root: Path) -> None:
    making = root.with_name(root.name + ".new")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(source, making)
    for script in source.glob("*.js"):
        (making / script.name).write_text(bundles.bundle(script), encoding="utf-8")
    for path in list(making.rglob("*")):
        if path.suffix in COMPRESSED:
            data = path.read_bytes()
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, mtime=0))
            path.with_name(path.name + ".br").write_bytes(brotli.compress(data))
    try:
        making.rename(root)
    except OSError:  # another process was first: its files are the same
        shutil.rmtree(making, ignore_errors=True)


def _headers(headers: Headers, path: str, url: str) -> None:
    del path, url
    for name, value in FIXED.items():
        headers[name] = value
