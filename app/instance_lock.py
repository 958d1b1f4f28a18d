"""One site per instance folder: a lock that dies with its process."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self


class InstanceInUse(Exception):
    """Another process runs on the folder."""


class hold_instance:  # noqa: N801 (used as a context)
    """Hold the folder for this process. Raises InstanceInUse at once where it is held."""

    def __init__(self, instance: Path) -> None:
        """Take the lock."""
        self._file = (instance / "lock").open("a+b")
        try:
            _lock(self._file.fileno())
        except OSError as error:
            self._file.close()
            raise InstanceInUse from error

    def __enter__(self) -> Self:
        """Hold it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""
        self._file.close()


def _lock(handle: int) -> None:
    if os.name == "nt":
        import msvcrt  # noqa: PLC0415 (that system only)

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    import fcntl  # noqa: PLC0415 (not on every system)

    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
