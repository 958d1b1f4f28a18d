"""Every setting in one typed object: defaults, then instance/config.toml, then environment."""

import os
import secrets
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RANGES = {
    "port": (1, 65535),
    "workers": (1, 64),
    "threads": (1, 256),
    "proxies": (0, 9),
    "mail_port": (1, 65535),
    "sign_in_failures": (1, 1000),
    "sign_in_wait_minutes": (1, 1440),
    "slow_request_ms": (1, 600_000),
}
BEGINNINGS = {
    "public_url": (("http://", "https://"), "not_a_web_address"),
    "database_url": (("postgresql://", "postgresql+psycopg://", "sqlite://"), "not_a_database"),
}
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT_PREFIX = "PEERPREP_"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """A setting cannot be used; `where` and `name` say which, `why` is a stable code."""

    def __init__(self, where: str, name: str, why: str) -> None:
        """Keep the three parts."""
        super().__init__(f"{where}: {name}: {why}")
        self.where, self.name, self.why = where, name, why


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    """For people: events and problems, none for each request."""
    JSON = "json"
    """For machines: one object per line, one line per request too."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set. Times in minutes or seconds as named."""

    instance: Path
    bank: Path = ROOT / "question_bank"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 8
    database_url: str = ""
    """Empty: SQLite in the instance folder. Else an address such as postgresql+psycopg://…"""
    public_url: str = ""
    """How people reach the site, for links in e-mail. Empty: the address it listens on."""
    proxies: int = 0
    """How many trusted proxies stand before it; 0 trusts no forwarded header."""
    insecure_lan: bool = False
    """Serve beyond this machine without encryption. Off: refused."""
    time_zone: str = "America/Los_Angeles"
    mock_language_switch: bool = False
    """Allow switching the language inside a mock; the real exam does not."""
    mail_server: str = ""
    """Empty: no e-mail is sent and none is asked for."""
    mail_port: int = 587
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_tls: bool = True
    mail_sender: str = ""
    sign_in_failures: int = 10
    """Failed sign-ins of one name before it must wait."""
    sign_in_wait_minutes: int = 15
    limit_floods: bool = True
    """Refuse an address that sends forms far faster than people do."""
    log_format: LogFormat = LogFormat.TEXT
    log_addresses: bool = False
    """Log the network that a request comes from (without the address's last part)."""
    slow_request_ms: int = 1000
    """A request that takes longer is logged as slow."""
    metrics: bool = False
    """Keep figures and give them under /metrics: to this machine, or for the token."""
    metrics_token: str = field(default="", repr=False)
    """What other machines must send as a bearer token. Empty: they get nothing."""

    @property
    def database(self) -> str:
        """The database's address as SQLAlchemy takes it."""
        if not self.database_url:
            return f"sqlite:///{self.instance / 'peerprep.db'}"
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def address(self) -> str:
        """How people reach the site."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def trusted_hosts(self) -> list[str] | None:
        """The names that requests may come under; None where they cannot be known."""
        name = urlsplit(self.address).hostname or ""
        if name in {"", "0.0.0.0", "::"}:  # noqa: S104 (compared, not listened on)
            return None
        shown = f"[{name}]" if ":" in name else name
        return sorted({shown, "127.0.0.1", "localhost", "[::1]"})

    @property
    def sends_mail(self) -> bool:
        """Whether a mail server is named."""
        return bool(self.mail_server)


def load_settings(instance: Path, **given: object) -> Settings:
    """Settings for the instance folder, which is made where it is missing.

    `given` are what the command line names; they win. Raises SettingsError.
    """
    instance = instance.resolve()
    instance.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    values: dict[str, object] = {}
    values.update(_from_file(instance / "config.toml"))
    values.update(_from_environment())
    values.update({name: value for name, value in given.items() if value is not None})
    settings = Settings(instance=instance, **values)  # type: ignore[arg-type]
    if not _is_time_zone(settings.time_zone):  # the usual one is missing: so are all
        raise SettingsError(settings.time_zone, "time_zone", "no_zone_data")
    return settings


def secret_key(instance: Path) -> str:
    """The site's secret, made on the first run and readable by nobody else.

    It is there whole or not at all, whoever races or is killed. Raises SettingsError where others
    can read it, or where it is too short to be one.
    """
    path = instance / "secret_key"
    if not path.exists():
        _make_secret(path)
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise SettingsError(str(path), "secret_key", "readable_by_others")
    key = path.read_text(encoding="ascii").strip()
    if len(key) < SHORTEST_SECRET:
        raise SettingsError(str(path), "secret_key", "too_short")
    return key


def _make_secret(path: Path) -> None:
    """Write a secret beside the path, then give it its name unless another was first."""
    making = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(making, path)
    finally:
        making.unlink()


def _from_file(path: Path) -> dict[str, object]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # also brackets without end
        raise SettingsError(str(path), "config.toml", str(error)) from error
    return {name: _typed(str(path), name, value) for name, value in values.items()}


def _from_environment() -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in os.environ.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            if key != "instance":
                found[key] = _typed("environment", key, value)
    if "DATABASE_URL" in os.environ:
        found.setdefault("database_url", os.environ["DATABASE_URL"])
    return found


def _typed(where: str, name: str, value: Any) -> object:  # noqa: ANN401
    kinds = {known.name: known.type for known in fields(Settings) if known.name != "instance"}
    if name not in kinds:
        raise SettingsError(where, name, "unknown")
    try:
        typed = _converted(kinds[name], value)
    except (TypeError, ValueError) as error:
        raise SettingsError(where, name, "wrong_kind") from error
    why = _fault(name, typed)
    if why:
        raise SettingsError(where, name, why)
    return typed


def _converted(kind: Any, value: Any) -> object:  # noqa: ANN401
    if kind is bool:
        return value if isinstance(value, bool) else _boolean(str(value))
    if kind is int and isinstance(value, bool | float):
        return _refuse(str(value))
    converted: object = kind(value)
    return converted


def _fault(name: str, value: object) -> str | None:
    """Why the value cannot be used, as a stable code."""
    if isinstance(value, int) and name in RANGES:
        lowest, highest = RANGES[name]
        return None if lowest <= value <= highest else "out_of_range"
    if value and name in BEGINNINGS:
        beginnings, why = BEGINNINGS[name]
        return None if str(value).startswith(beginnings) else why
    if name == "time_zone" and not _is_time_zone(str(value)):
        return "no_such_zone"
    return None


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _boolean(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return known[text.strip().lower()] if text.strip().lower() in known else _refuse(text)


def _refuse(text: str) -> bool:
    raise ValueError(text)
