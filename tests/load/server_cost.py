"""What the kernel counts of the server's processes, and clients that sign in as people do."""

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
KB = 1024


def cost(step: Callable[[], object], times: int, pid: int | None = None) -> float:
    """CPU seconds for one step, the first ones left out: of what we started, or of one process."""
    for _warming in range(WARMING):
        step()
    before = server_seconds(pid)
    for _step in range(times):
        step()
    return (server_seconds(pid) - before) / times


def server_seconds(pid: int | None = None) -> float:
    """User and system time of the process and all that it has started, ended ones too.

    Without a process: of everything that this one has started and that is alive now.
    """
    stats = {int(fields[0]): fields for fields in _process_stats()}
    ours = _tree(stats, os.getpid() if pid is None else pid)
    if pid is None:
        ours -= {os.getpid()}
    return sum(int(n) for one in ours for n in stats[one][12:16]) / TICKS


def megabytes(pid: int) -> float:
    """Memory of the process and all that it has started; what they share is counted once."""
    return sum(_proportional_kb(one) for one in process_tree(pid)) / KB


def descriptors(pid: int) -> int:
    """Open files and connections of the process and all that it has started."""
    found = 0
    for one in process_tree(pid):
        try:
            found += len(os.listdir(f"/proc/{one}/fd"))  # noqa: PTH208 (no paths are wanted)
        except OSError:  # it has ended in the meantime
            continue
    return found


def process_tree(pid: int) -> set[int]:
    """The process and all that it has started, alive now."""
    return _tree({int(fields[0]): fields for fields in _process_stats()}, pid)


def parent_of(pid: int) -> int:
    """Who started the process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _tree(stats: dict[int, list[str]], pid: int) -> set[int]:
    ours, found = {pid}, 0
    while found != len(ours):
        found = len(ours)
        ours |= {one for one, fields in stats.items() if int(fields[2]) in ours}
    return ours & (stats.keys() | {os.getpid()})


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


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
