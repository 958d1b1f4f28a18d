"""A backup as one file: a zip of a manifest and one text file per table.

The zip's comment, which is the end of the file, holds the SHA-256 of everything before it, so
that a file that was cut, changed or never was a backup is known before any of it is used. It
guards against accidents, not against a forger: restore only files that you trust. What a forger
could do is bounded all the same: the zip's names never become files, and it may hold the tables
that its manifest names and nothing else, at sizes that tables have.
"""

import hashlib
import io
import json
import os
import zipfile
import zlib
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
LONGEST_MANIFEST = 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
"""One row; the largest there are take some ten thousand bytes."""
MOST_MEMBERS = 500
MOST_UNPACKED = 64 * 1024**3
MOST_TIMES = 500
"""So many times its packed size may a large table have: rows reach a tenth of it, zeros twice."""
LARGE = 1024 * 1024
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 1


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
    OVERSIZED = "oversized"
    UNEQUAL = "unequal"
    UNREACHABLE = "unreachable"


class NoBackup(Exception):
    """The file cannot be restored: foreign, altered, oversized or of a newer format."""

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
        """The table's rows. Raises NoBackup where one is longer than rows are."""
        with self._zip.open(_member(table)) as packed:
            found = io.BufferedReader(packed, BLOCK)  # type: ignore[type-var] # reads lines faster
            while line := found.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise NoBackup(Why.OVERSIZED)
                yield line


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
                _require_modest(packed, file.seek(0, os.SEEK_END))
                yield BackupFile(_manifest(packed), packed)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
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


def _require_modest(packed: zipfile.ZipFile, size: int) -> None:
    """Look at the list of contents alone, before any of them is unpacked."""
    members = packed.infolist()
    if any(one.compress_type not in PACKINGS or one.flag_bits & ENCRYPTED for one in members):
        raise NoBackup(Why.FOREIGN)
    large = (one for one in members if one.file_size > LARGE)
    if (
        len(members) > MOST_MEMBERS
        or sum(one.file_size for one in members) > MOST_UNPACKED
        or sum(one.compress_size for one in members) > size  # contents laid over one another
        or any(one.file_size > MOST_TIMES * one.compress_size for one in large)
        or any(one.file_size > LONGEST_MANIFEST for one in members if one.filename == MANIFEST)
    ):
        raise NoBackup(Why.OVERSIZED)


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    try:
        told = json.loads(packed.read(MANIFEST))
        if told["format"] > FORMAT:
            raise NoBackup(Why.NEWER_FORMAT)
        told["tables"] = tuple(
            Fingerprint(one["name"], tuple(one["columns"]), one["rows"], one["sha256"])
            for one in told["tables"]
        )
        manifest = Manifest(**told)
        named = sorted([MANIFEST, *(_member(table.name) for table in manifest.tables)])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NoBackup(Why.FOREIGN) from error
    if sorted(packed.namelist()) != named:
        raise NoBackup(Why.FOREIGN)
    return manifest


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
