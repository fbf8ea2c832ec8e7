"""How a line of the tunnel is doing, whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from papaya.manifest.model import Json
from papaya.tunnel.complaints import Complaint
from papaya.tunnel.event import timestamp

# "waiting": the last attempt failed or the connection ended, and the next attempt follows.
Standing = Literal["up", "connecting", "waiting", "stopped", "failed", "absent"]
Keeper = Literal["systemd", "run", "nobody"]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a line is doing.

    `since` is when it came up or ceased to be, in seconds since 1970; `retries` counts from when it was up.
    `complaint` is what went wrong last, even where that is mended, and `complained_at` when.
    """

    unit: str
    device: str
    remote_port: int
    standing: Standing
    keeper: Keeper
    since: float | None = None
    retries: int = 0
    complaint: Complaint | None = None
    complained_at: float | None = None
    pid: int | None = None

    @property
    def is_up(self) -> bool:
        """Whether the bastion forwards."""
        return self.standing == "up"

    @property
    def is_in_trouble(self) -> bool:
        """Whether something keeps it from being up that is not somebody's wish."""
        return self.standing in {"connecting", "waiting", "failed"}

    def told(self) -> str:
        """Return in plain words how the line is doing."""
        match self.standing:
            case "up":
                return "the bastion forwards to this device"
            case "connecting":
                return "connecting"
            case "waiting":
                return "the last attempt failed; the next one follows by itself"
            case "stopped":
                return "stopped; to start it: papaya tunnel start"
            case "failed":
                return "systemd has given it up; to start it: papaya tunnel start"
            case "absent":
                return "not installed: run sudo papaya tunnel install, or papaya tunnel run in the foreground"

    def told_keeper(self) -> str:
        """Return in plain words who keeps the line."""
        return {"systemd": self.unit, "run": "papaya tunnel run", "nobody": "nobody"}[self.keeper]

    def as_attribute(self) -> dict[str, Json]:
        """Return what the server is told: what changes only when something has happened."""
        is_trying_again = self.standing == "connecting" and self.retries > 0
        return {
            "unit": self.unit,
            "condition": "waiting" if is_trying_again else self.standing,
            "since": None if self.since is None else timestamp(round(self.since)),
            "remotePort": self.remote_port,
            "error": self.complaint.kind if self.is_in_trouble and self.complaint is not None else None,
        }

    def as_json(self) -> dict[str, Json]:
        """Return the condition as a member of a document."""
        return {
            "unit": self.unit,
            "device": self.device,
            "remotePort": self.remote_port,
            "condition": self.standing,
            "keptBy": self.keeper,
            "since": None if self.since is None else timestamp(self.since),
            "retries": self.retries,
            "lastError": None
            if self.complaint is None
            else {
                **self.complaint.as_json(),
                "at": None if self.complained_at is None else timestamp(self.complained_at),
            },
            "pid": self.pid,
        }
