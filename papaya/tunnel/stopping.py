"""A request to stop that also wakes those who wait for a process to say something."""

from __future__ import annotations

import os
import select


class Stop:
    """Set once; may be set from a signal handler, and waited for together with other descriptors."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self.is_set = False

    def fileno(self) -> int:
        """Return a descriptor that is readable from the request on."""
        return self._reading

    def set(self) -> None:
        """Make the request."""
        if not self.is_set:
            self.is_set = True
            os.write(self._writing, b"\0")

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, at most so long; return whether it is."""
        select.select([self._reading], [], [], max(seconds, 0.0))
        return self.is_set

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._reading)
        os.close(self._writing)
