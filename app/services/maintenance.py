"""Maintenance: nothing new starts, and whatever runs goes on. A file in the instance says so."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.config import PRIVATE_FILE
from app.domain.errors import MaintenanceMode
from app.services.site import Site


@dataclass(frozen=True, slots=True)
class Maintenance:
    """New tests cannot be started now; `reason` is in the operator's words, or empty."""

    reason: str


def turn_on(instance: Path, reason: str, now: datetime) -> None:
    """Refuse new starts from now on, in every process that serves the instance."""
    making = _file(instance).with_suffix(f".{os.getpid()}")
    text = json.dumps({"since": now.isoformat(timespec="seconds"), "reason": reason})
    making.write_text(text + "\n", encoding="utf-8")
    making.chmod(PRIVATE_FILE)
    making.replace(_file(instance))


def turn_off(instance: Path) -> None:
    """Let new tests start again."""
    _file(instance).unlink(missing_ok=True)


def maintenance_of(instance: Path) -> Maintenance | None:
    """The maintenance that is on; None where there is none. Read anew each time: one small file."""
    try:
        told = json.loads(_file(instance).read_text(encoding="utf-8"))
        return Maintenance(str(told["reason"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Maintenance("")  # somebody made the file by hand: it means what it says


def require_open(site: Site) -> None:
    """Whether something new may start. Raises MaintenanceMode."""
    found = maintenance_of(site.settings.instance)
    if found is not None:
        raise MaintenanceMode(found.reason)


def _file(instance: Path) -> Path:
    return instance / "maintenance"
