"""The real site with two bare routes beside it, against which its pages are measured.

`python -m tests.load.bare_routes --port PORT --instance DIR` runs the production server as
`python -m app` does, and answers two more addresses from a second Flask app in the same process:
`/bare/hello` gives five letters, `/bare/upsert` does one durable one-row upsert by SQLAlchemy on
the site's own database and nothing else.
"""

import argparse
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response, request
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.cli import prepare
from app.config import load_settings
from app.server import serve
from app.storage.database import engine_options, install_sqlite_settings

HELLO = "/bare/hello"
UPSERT = "/bare/upsert"
BARE = sa.Table(
    "bare",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("value", sa.String(8)),
)


def bare_app(database: str) -> Flask:
    """The two routes, with an engine of their own set up as the site's is."""
    app = Flask("bare")
    engine = sa.create_engine(database, **engine_options(database))
    if engine.dialect.name == "sqlite":
        install_sqlite_settings(engine)
    BARE.metadata.create_all(engine)
    engine.dispose()
    insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

    @app.get("/hello")
    def hello() -> Response:
        return Response("hello", mimetype="text/plain")

    @app.post("/upsert")
    def upsert() -> Response:
        row = {"id": int(request.form["id"]), "value": request.form["value"]}
        wanted = insert(BARE).values(row)
        with engine.begin() as connection:
            connection.execute(
                wanted.on_conflict_do_update(
                    index_elements=[BARE.c.id], set_={"value": wanted.excluded.value}
                )
            )
        return Response("saved", mimetype="text/plain")

    return app


def main() -> None:
    """Run the site with the bare routes until it is stopped."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--port", type=int, required=True)
    wanted.add_argument("--instance", type=Path, required=True)
    given = wanted.parse_args()
    settings = load_settings(given.instance, port=given.port)
    site = prepare(settings)
    bare = bare_app(settings.database)
    site.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        site.wsgi_app, {"/bare": bare.wsgi_app}
    )
    serve(site, settings)


if __name__ == "__main__":
    main()
