"""One browser's way to the site: HTTP/1.1 over a kept connection, cookies, and what it took.

Written here because the libraries' clients cost more CPU than the site itself. It does what
browsers do about a connection that the server has closed meanwhile: send once more on a new one.
"""

import asyncio
import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
LONGEST = 30.0
"""Seconds after which a person would take the site for dead."""
MOST_REDIRECTS = 5
CONFLICT = 409
"""Where the attempt stands otherwise than the page thought: whoever asked says what it means."""
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HEAD_LIMIT = 256 * 1024


@dataclass(slots=True)
class Tally:
    """What happened, over all browsers of one generator."""

    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """By kind: when it began (monotonic, which is one clock for the whole machine), seconds."""
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes
    path: str

    @property
    def body(self) -> bytes:
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw) if packed else self.raw

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the site says)
        return json.loads(self.body)


class WireError(Exception):
    """There was no answer; the message is a stable word."""


class Browser:
    """One person's browser with one connection."""

    def __init__(
        self, url: str, tally: Tally, cookies: dict[str, str] | None = None, source: str = ""
    ) -> None:
        """`source` is the address of this machine that it calls from, where that matters."""
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.origin, self.tally, self.source = url, tally, source
        self.cookies = dict(cookies or {})
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, kind: str, path: str, accept: str = PAGE) -> Answer:
        """Ask for an address; redirects are followed."""
        return await self._follow(kind, await self._timed(kind, "GET", path, {"Accept": accept}))

    async def post(self, kind: str, path: str, **fields: str) -> Answer:
        """Send a form; where it leads is opened."""
        headers = {
            "Accept": PAGE,
            "Origin": self.origin,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        sent = await self._timed(kind, "POST", path, headers, urlencode(fields).encode())
        return await self._follow(kind, sent)

    async def send(self, kind: str, path: str, value: object, token: str) -> Answer:
        """Send JSON as the pages' scripts do."""
        headers = {
            "Accept": "application/json",
            "Origin": self.origin,
            "Content-Type": "application/json",
            "X-CSRFToken": token,
        }
        return await self._timed(kind, "POST", path, headers, json.dumps(value).encode())

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _follow(self, kind: str, answer: Answer) -> Answer:
        for _step in range(MOST_REDIRECTS):
            if answer.status not in {302, 303}:
                break
            path = answer.headers["location"].removeprefix(self.origin)
            answer = await self._timed(f"{kind}, then page", "GET", path, {"Accept": PAGE})
        return answer

    async def _timed(
        self, kind: str, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        """One request with its time noted. Raises WireError where no answer came."""
        began = monotonic()
        try:
            answer = await asyncio.wait_for(self._ask(method, path, headers, body), LONGEST)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            word = type(error).__name__
            self.tally.errors[f"{kind}: {word}"] += 1
            raise WireError(word) from error
        self.tally.samples[kind].append((began, monotonic() - began))
        if answer.status >= 400 and answer.status != CONFLICT:
            self.tally.errors[f"{kind}: {answer.status}"] += 1
        return answer

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        kept = self._reader is not None and not self._reader.at_eof()
        if kept:
            try:
                return await self._once(method, path, headers, body)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
                self.tally.counts["sent again on a new connection"] += 1
        self.close()
        await self._connect()
        return await self._once(method, path, headers, body)

    async def _connect(self) -> None:
        self.tally.counts["connections"] += 1
        local = (self.source, 0) if self.source else None
        self._reader, self._writer = await asyncio.open_connection(
            self.host, self.port, limit=HEAD_LIMIT, local_addr=local
        )

    async def _once(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(self._head(method, path, headers, body) + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found: dict[str, str] = {}
        for line in head[1:-2]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self._take_cookie(value)
            found[name.lower()] = value
        status = int(head[0].split(" ", 2)[1])
        raw = await self._body(self._reader, status, found)
        if found.get("connection") == "close":
            self.close()
        return Answer(status, found, raw, path)

    def _head(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        every = {
            "Host": f"{self.host}:{self.port}",
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip, deflate, br",
            "Accept-Language": "en",
            **headers,
        }
        if self.cookies:
            every["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            every["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")

    def _take_cookie(self, text: str) -> None:
        for name, morsel in SimpleCookie(text).items():
            self.cookies[name] = morsel.value

    @staticmethod
    async def _body(reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> bytes:
        if status in {204, 304}:
            return b""
        if headers.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(headers.get("content-length", "0")))
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
