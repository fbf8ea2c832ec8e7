"""The base of every source of readings: how it is started, heard, asked and ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from papaya.sensors.condition import Condition
from papaya_gui.models.batch import NUMBER, Floats, Inbox
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.pyramid import Summary
from papaya_gui.sources.remote import Remote


@dataclass(frozen=True, slots=True)
class Past:
    """The remembered samples of one row: times in seconds, values, oldest first.

    `interval` is how many seconds each value stands for; 0 where they are the samples themselves. With an
    interval `low` and `high` are the extremes inside of it, and `values` their means. `kind` is what the
    values are, as in a `Batch`: truth values and texts are always samples, and never condensed.
    """

    times: Floats
    values: Floats
    interval: float = 0.0
    low: Floats | None = None
    high: Floats | None = None
    kind: int = NUMBER


Tell = Callable[[Condition], None]
# A start and an end in seconds since 1970.
Span = tuple[float, float]


class Simulated(Enum):
    """How much of what a source says is simulated."""

    NOTHING = 0
    SOME = 1
    ALL = 2


class Supply(ABC):
    """Brings readings into the inbox from threads of its own, and tells of its condition from any of them."""

    # How it is named in the status line and on the command line.
    name: str

    def __init__(self, catalog: Catalog, inbox: Inbox, tell: Tell) -> None:
        self.catalog, self.inbox, self.tell = catalog, inbox, tell

    @abstractmethod
    def start(self) -> None:
        """Begin, without waiting for anything."""

    @abstractmethod
    def close(self) -> None:
        """End every thread and connection; may be called from the window, so it waits a moment at most."""

    @property
    def where(self) -> str:
        """The server, broker or file that it reads, for people."""
        return ""

    @property
    def is_away(self) -> bool:
        """Whether its server could not be read when it was opened: it is to be opened again."""
        return False

    @property
    def simulated(self) -> Simulated:
        """How much of it is simulated: the window says so in a banner."""
        return Simulated.NOTHING

    @property
    def simulated_devices(self) -> frozenset[str]:
        """The devices of which everything is simulated: views never show them as real ones."""
        return frozenset(self.catalog.devices) if self.simulated is Simulated.ALL else frozenset()

    @property
    def recorded(self) -> Span | None:
        """The times of its first and last value, if none come live: it is neither live nor silent."""
        return None

    def extent(self, row: Row) -> Span | None:
        """Return from when to when it has values of a row; None where it does not know.

        May block, and raises a PapayaError where it fails; called from a worker's thread.
        """
        return None

    @property
    def reading(self) -> float | None:
        """Which part of what it has been read, while it is read from its beginning to its end; else None."""
        return None

    def stop_reading(self) -> None:  # noqa: B027 - most have nothing that is read to an end
        """Keep what has been read, and leave the rest."""

    @property
    def remote(self) -> Remote | None:
        """The server's other functions, if there is a server."""
        return None

    @property
    def asked_every(self) -> float:
        """How many seconds lie between two questions, where the source has to be asked; 0 where it tells."""
        return 0.0

    @property
    def has_history(self) -> bool:
        """Whether `history` can be asked."""
        return False

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return what is remembered between two times in seconds, in about so many points.

        May block, and raises a PapayaError where it fails; called from a worker's thread.
        """
        raise NotImplementedError(f"{self.name} remembers nothing")

    def summary(self, row: Row, start: float, end: float) -> Summary | None:
        """Return a summary of all samples between two times, both included; None where it is not known.

        May block, and raises a PapayaError where it fails; called from a worker's thread.
        """
        return None

    def look(self) -> None:  # noqa: B027 - most have nothing to look for
        """Look now for devices that were not there; whoever asks knows that there are some."""

    def watch(self, rows: Sequence[int]) -> None:  # noqa: B027 - most have no more of one row than of another
        """Be told which rows are looked at closely; what is missing of them is worth a question."""

    def set_interval(self, seconds: float) -> None:  # noqa: B027 - most are told what comes, and do not ask
        """Be told how often the window is brought up to date."""
