"""CPU of the server's processes as the kernel counts it, and clients that sign in as people do."""

import os
import re
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from tests.browser.running_site import RunningSite
from tests.world import PASSWORD

TICKS = os.sysconf("SC_CLK_TCK")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
BARE_ROUTES = ("-m", "tests.load.bare_routes")
WARMING = 3


def cost(step: Callable[[], object], times: int) -> float:
    """CPU seconds of the server for one step, the first ones left out."""
    for _warming in range(WARMING):
        step()
    before = server_seconds()
    for _step in range(times):
        step()
    return (server_seconds() - before) / times


def server_seconds() -> float:
    """User and system time of every process that this one has started, alive now."""
    stats = {int(fields[0]): fields for fields in _process_stats()}
    ours, found = {os.getpid()}, -1
    while found != len(ours):
        found = len(ours)
        ours |= {pid for pid, fields in stats.items() if int(fields[2]) in ours}
    ticks = sum(int(n) for pid in ours - {os.getpid()} for n in stats[pid][12:14])
    return ticks / TICKS


def _process_stats() -> Iterator[list[str]]:
    """What the kernel says of every process: its number, then the fields after its name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:  # it has ended in the meantime
            continue
        yield [path.parent.name, *text.rpartition(")")[2].split()]


def signed_in_at(site: RunningSite, username: str) -> OpenerDirector:
    """A client that has signed in through the page."""
    client = build_opener(HTTPCookieProcessor(CookieJar()))
    fields = {"username": username, "password": PASSWORD}
    fields["csrf_token"] = token_in(client, f"{site.url}/sign-in")
    client.open(f"{site.url}/sign-in", data=urlencode(fields).encode())
    return client


def token_in(client: OpenerDirector, address: str) -> str:
    """The form token of a page."""
    found = TOKEN.search(client.open(address).read().decode())
    assert found is not None, address
    return found.group(1)
