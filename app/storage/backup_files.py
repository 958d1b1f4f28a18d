"""A backup as one file: a zip of a manifest and one text file per table.

The zip's comment, which is the end of the file, holds the SHA-256 of everything before it, so
that a file that was cut, changed or never was a backup is known before any of it is used. It
guards against accidents, not against a forger: restore only files that you trust.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from app.storage.copying import Fingerprint
from app.storage.sqlite_files import sync_folder

FORMAT = 1
MARK = b"PeerPrep backup, SHA-256 of what stands before: "
DIGITS = 64
TAIL = len(MARK) + DIGITS
PRIVATE = 0o600
BLOCK = 1024 * 1024
MANIFEST = "manifest.json"


class Why(StrEnum):
    """Why a backup, a restore or a move is not done."""

    ALTERED = "altered"
    CANNOT_LOAD = "cannot_load"
    CANNOT_WRITE = "cannot_write"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    NEWER_FORMAT = "newer_format"
    NEWER_SCHEMA = "newer_schema"
    NO_DATABASE = "no_database"
    NO_FILE = "no_file"
    NOT_EMPTY = "not_empty"
    NOT_OURS = "not_ours"
    NOT_SQLITE = "not_sqlite"
    UNEQUAL = "unequal"
    UNREACHABLE = "unreachable"


class NoBackup(Exception):
    """The file cannot be restored: foreign, altered or of a newer format."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    revision: str
    app_version: str
    created_at: str
    database: str
    """The kind of database that it was made from: sqlite or postgresql."""
    secret_key: str
    """A note for whoever opens the file: the key is never in it."""
    tables: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup that was found whole."""

    manifest: Manifest
    _zip: zipfile.ZipFile

    def lines(self, table: str) -> Iterator[bytes]:
        """The table's rows."""
        with self._zip.open(_member(table)) as found:
            yield from found


@dataclass(frozen=True, slots=True)
class BackupWriter:
    """A backup in the making."""

    _zip: zipfile.ZipFile

    def add_table(self, table: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Write the lines and hand each on, so that one reading does for writing and hashing."""
        with self._zip.open(_member(table), "w", force_zip64=True) as file:
            for line in lines:
                file.write(line)
                yield line

    def add_manifest(self, manifest: Manifest) -> None:
        """Write what the backup says of itself."""
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
        self._zip.writestr(MANIFEST, text + "\n")


@contextmanager
def new_backup(path: Path) -> Iterator[BackupWriter]:
    """Write a backup that is there whole and private, or not at all."""
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.unlink(missing_ok=True)
    handle = os.open(
        making, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), PRIVATE
    )
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.comment = MARK + b"0" * DIGITS
                yield BackupWriter(packed)
            _seal(file)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def open_backup(path: Path) -> Iterator[BackupFile]:
    """Read a backup. Raises NoBackup where it is none, or not as it was made; OSError."""
    with path.open("rb") as file:
        _require_seal(file)
        try:
            with zipfile.ZipFile(file) as packed:
                yield BackupFile(_manifest(packed), packed)
        except zipfile.BadZipFile as error:
            raise NoBackup(Why.FOREIGN) from error


def is_backup(path: Path) -> bool:
    """Whether the file ends as backups do."""
    with path.open("rb") as file:
        return _mark_and_digest(file)[0] == MARK


def _seal(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    digest = _digest(file, size - DIGITS)
    file.seek(size - DIGITS)
    file.write(digest)


def _require_seal(file: BinaryIO) -> None:
    mark, digest = _mark_and_digest(file)
    if mark != MARK:
        raise NoBackup(Why.FOREIGN)
    if digest != _digest(file, file.seek(0, os.SEEK_END) - DIGITS):
        raise NoBackup(Why.ALTERED)
    file.seek(0)


def _mark_and_digest(file: BinaryIO) -> tuple[bytes, bytes]:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    return tail[:-DIGITS], tail[-DIGITS:]


def _digest(file: BinaryIO, size: int) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    left = size
    while left > 0 and (block := file.read(min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest().encode()


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    try:
        told = json.loads(packed.read(MANIFEST))
        if told["format"] > FORMAT:
            raise NoBackup(Why.NEWER_FORMAT)
        told["tables"] = tuple(
            Fingerprint(one["name"], tuple(one["columns"]), one["rows"], one["sha256"])
            for one in told["tables"]
        )
        return Manifest(**told)
    except (KeyError, TypeError, ValueError) as error:
        raise NoBackup(Why.FOREIGN) from error


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
