"""What a power cut leaves of SQLite's files: every write it sent, and every one that was awaited.

SQLite itself runs, the very library that the site uses: only its way to the disk (its VFS) is
wrapped, to note each write, each wait for the disk and each deletion. From that list the files are
laid out as a cut at any moment may leave them: what was awaited is there; what was not is there,
or missing, or torn at some byte, or full of other bits; a deletion that was not awaited is undone.
"""

import _sqlite3
import ctypes
import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

INT, PTR = ctypes.c_int, ctypes.c_void_p
OPEN = ctypes.CFUNCTYPE(INT, PTR, PTR, PTR, INT, PTR)
# The path stays a pointer: SQLite keeps it, and reads what stands behind it.
DELETE = ctypes.CFUNCTYPE(INT, PTR, ctypes.c_char_p, INT)
WRITE = ctypes.CFUNCTYPE(INT, PTR, PTR, INT, ctypes.c_int64)
TRUNCATE = ctypes.CFUNCTYPE(INT, PTR, ctypes.c_int64)
SYNC = ctypes.CFUNCTYPE(INT, PTR, INT)
METHODS = 18
VFS_WORDS = 22
WORD = ctypes.sizeof(PTR)
# Places in sqlite3_io_methods and sqlite3_vfs, in words; the version and sizes come first.
AT_WRITE, AT_TRUNCATE, AT_SYNC = 3, 4, 5
AT_NEXT, AT_NAME, AT_OPEN, AT_DELETE = 2, 3, 5, 6
_numbers = itertools.count(1)
_kept: list[object] = []
"""What SQLite holds on to for as long as the process lives."""


@dataclass(frozen=True, slots=True)
class Written:
    """One thing that went to the disk, or the moment of an acknowledgement."""

    what: str
    """write, truncate, sync, delete, or ack."""
    file: str = ""
    at: int = 0
    """The place of a write, the size of a truncation, whether a deletion was awaited, or which
    acknowledgement."""
    data: bytes = b""


@dataclass(slots=True)
class Recorder:
    """A VFS by name, and what went through it."""

    name: str
    log: list[Written] = field(default_factory=list)

    def ack(self, number: int) -> None:
        """Note that the client has its answer now."""
        self.log.append(Written("ack", at=number))


def can_record() -> bool:
    """Whether the library behind Python's sqlite3 can be reached."""
    with suppress(AttributeError, OSError):
        return bool(_library().sqlite3_vfs_find)
    return False


def record() -> Recorder:
    """A new VFS, registered with the library that Python's sqlite3 uses."""
    library = _library()
    library.sqlite3_vfs_find.restype = PTR
    real = library.sqlite3_vfs_find(None)
    recorder = Recorder(f"power{next(_numbers)}")
    size = VFS_WORDS * WORD
    ours = ctypes.create_string_buffer(ctypes.string_at(real, size), size)
    words = ctypes.cast(ours, ctypes.POINTER(PTR))
    real_open, real_delete = OPEN(_word(words, AT_OPEN)), DELETE(_word(words, AT_DELETE))
    name = ctypes.create_string_buffer(recorder.name.encode())
    opening = OPEN(_opening(recorder, real, real_open))
    deleting = DELETE(_deleting(recorder, real, real_delete))
    words[AT_NEXT] = None
    words[AT_NAME] = ctypes.addressof(name)
    words[AT_OPEN] = ctypes.cast(opening, PTR)
    words[AT_DELETE] = ctypes.cast(deleting, PTR)
    _kept.extend([ours, name, opening, deleting, real_open, real_delete])
    assert library.sqlite3_vfs_register(ours, 0) == 0
    return recorder


def _library() -> Any:  # noqa: ANN401 (the C library)
    return ctypes.CDLL(_sqlite3.__file__)


def _word(words: Any, place: int) -> int:  # noqa: ANN401 (a pointer)
    return int(words[place] or 0)


def _opening(recorder: Recorder, real: int, real_open: Any) -> Callable[..., int]:  # noqa: ANN401
    tables: dict[int, Any] = {}

    def opening(_vfs: int, path: int | None, file: int, flags: int, out: int) -> int:
        code: int = real_open(real, path, file, flags, out)
        methods = ctypes.cast(file, ctypes.POINTER(PTR))
        if code == 0 and path and methods[0]:
            names[file] = Path(ctypes.string_at(path).decode()).name
            if methods[0] not in tables:
                tables[methods[0]] = _watched(recorder, names, methods[0])
            methods[0] = ctypes.addressof(tables[methods[0]])
        return code

    names: dict[int, str] = {}
    return opening


def _watched(recorder: Recorder, names: dict[int, str], methods: int) -> Any:  # noqa: ANN401
    """A copy of the file's methods whose writes, truncations and waits are noted."""
    size = (METHODS + 1) * WORD
    ours = ctypes.create_string_buffer(ctypes.string_at(methods, size), size)
    words = ctypes.cast(ours, ctypes.POINTER(PTR))
    real_write, real_sync = WRITE(_word(words, AT_WRITE)), SYNC(_word(words, AT_SYNC))
    real_truncate = TRUNCATE(_word(words, AT_TRUNCATE))

    def write(file: int, data: int, size: int, at: int) -> int:
        content = ctypes.string_at(data, size)
        recorder.log.append(Written("write", names[file], at, content))
        return int(real_write(file, data, size, at))

    def truncate(file: int, size: int) -> int:
        recorder.log.append(Written("truncate", names[file], size))
        return int(real_truncate(file, size))

    def sync(file: int, flags: int) -> int:
        code = int(real_sync(file, flags))
        recorder.log.append(Written("sync", names[file]))
        return code

    ours_too = WRITE(write), TRUNCATE(truncate), SYNC(sync)
    for place, function in zip((AT_WRITE, AT_TRUNCATE, AT_SYNC), ours_too, strict=True):
        words[place] = ctypes.cast(function, PTR)
    _kept.extend([ours, ours_too, real_write, real_truncate, real_sync])
    return ours


def _deleting(recorder: Recorder, real: int, real_delete: Any) -> Callable[..., int]:  # noqa: ANN401
    def deleting(_vfs: int, path: bytes, awaited: int) -> int:
        code = int(real_delete(real, path, awaited))
        recorder.log.append(Written("delete", Path(path.decode()).name, awaited))
        return code

    return deleting


# After the cut


@dataclass(slots=True)
class _File:
    safe: bytearray | None = None
    """What is surely there; None where the file itself is not."""
    sent: list[Written] = field(default_factory=list)
    """What may be there."""
    forgotten: bytearray | None = None
    """What a deletion that was not awaited may bring back."""


class Disk:
    """The files as the power cut after so many entries of the log may leave them."""

    def __init__(self, database: bytes, name: str) -> None:
        """Begin with a database that is whole."""
        self._files = {name: _File(bytearray(database))}

    def take(self, entry: Written) -> None:
        """What the log tells next."""
        if entry.what == "ack":
            return
        file = self._files.setdefault(entry.file, _File())
        if entry.what == "sync":
            self._settle(file)
        elif entry.what == "delete":
            self._delete(entry.file, file, awaited=bool(entry.at))
        else:
            file.sent.append(entry)

    def after_the_cut(self, chance: random.Random | None) -> Iterator[tuple[str, bytes]]:
        """Every file that is there; without chance, only what was awaited."""
        for name, file in self._files.items():
            content = None if file.safe is None else bytearray(file.safe)
            fates = [fate for entry in file.sent if (fate := _fate(entry, chance))]
            if content is None and not fates and file.forgotten is not None:
                if chance is None or chance.random() < 1 / 2:
                    yield name, bytes(file.forgotten)
                continue
            for fate in fates:
                content = _apply(bytearray() if content is None else content, fate)
            if content is not None:
                yield name, bytes(content)

    def _settle(self, file: _File) -> None:
        is_new = file.safe is None
        for entry in file.sent:
            file.safe = _apply(file.safe if file.safe is not None else bytearray(), entry)
        file.sent.clear()
        if is_new:  # SQLite waits for the folder too, when it first waits for a new file
            for other in self._files.values():
                other.forgotten = None

    def _delete(self, name: str, file: _File, *, awaited: bool) -> None:
        content = file.safe
        for entry in file.sent:
            content = _apply(content if content is not None else bytearray(), entry)
        self._files[name] = _File(forgotten=None if awaited else content)


def _fate(entry: Written, chance: random.Random | None) -> Written | None:
    """What became of something that nobody waited for."""
    if chance is None:
        return None
    lot = chance.random()
    if entry.what == "truncate":
        return entry if lot < 1 / 2 else None
    if lot < 1 / 3:
        return entry
    if lot < 2 / 3 or not entry.data:
        return None
    cut = chance.randrange(len(entry.data))
    if lot < 5 / 6:
        return Written("write", entry.file, entry.at, entry.data[:cut])
    flipped = bytearray(entry.data)
    flipped[cut] ^= 1 << chance.randrange(8)
    return Written("write", entry.file, entry.at, bytes(flipped))


def _apply(content: bytearray, entry: Written) -> bytearray:
    if entry.what == "truncate":
        del content[entry.at :]
        return content
    content.extend(bytes(max(0, entry.at - len(content))))
    content[entry.at : entry.at + len(entry.data)] = entry.data
    return content


def found_after(disk: Disk, chance: random.Random | None, folder: Path, query: str) -> list[Any]:
    """Lay the files out, open them as SQLite does after a cut, and ask. Raises DatabaseError."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in disk.after_the_cut(chance):
        (folder / name).write_bytes(content)
    database = next(path for path in folder.iterdir() if path.suffix == ".db")
    with closing(sqlite3.connect(database)) as connection:
        told = connection.execute("PRAGMA integrity_check").fetchall()
        if told != [("ok",)]:
            raise sqlite3.DatabaseError(told)
        return connection.execute(query).fetchall()
