"""Slowing down guesses: so many failed tries per name and per network, then a wait.

A try is counted before it is judged, so that guesses sent at once are all counted; one that
turns out right is taken back. Nothing is locked for good.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.config import Settings
from app.storage import throttle as storage
from app.storage.database import db

NETWORK_SHARE = 10
"""A network may fail this many times as often as a name: a classroom shares one address."""
NETWORK_BITS = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Try:
    """One try to prove who one is: by which means, for which name, from which network."""

    means: str
    username: str
    address: str | None

    @property
    def name_key(self) -> str:
        """The name's count; hashed, since anything may be typed there."""
        digest = hashlib.sha256(f"{self.means}:{self.username}".encode()).hexdigest()
        return f"name:{digest}"

    @property
    def network_key(self) -> str:
        """The network's count, whatever the means."""
        return f"network:{truncated(self.address)}"


PASSWORD = "password"  # noqa: S105 (a kind of try)
CODE = "code"
MEANS = (PASSWORD, CODE)


def truncated(address: str | None) -> str:
    """The address without what tells one household or machine from the next."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    network = ipaddress.ip_network((parsed, NETWORK_BITS[parsed.version]), strict=False)
    return str(network)


def may_try(attempt: Try, now: datetime, settings: Settings) -> bool:
    """Count the try and say whether it may be judged at all."""
    ends_at = now + timedelta(minutes=settings.sign_in_wait_minutes)
    by_name = storage.count_try(attempt.name_key, now, ends_at)
    by_network = storage.count_try(attempt.network_key, now, ends_at)
    db.session.commit()
    limit = settings.sign_in_failures
    return by_name <= limit and by_network <= limit * NETWORK_SHARE


def was_right(attempt: Try) -> None:
    """The try proved right: the name starts anew, the network only loses this one."""
    storage.forget(attempt.name_key)
    storage.take_back(attempt.network_key)
    db.session.commit()


def forget_name(username: str) -> None:
    """Drop the counts of a name; the caller commits."""
    for means in MEANS:
        storage.forget(Try(means, username, None).name_key)
