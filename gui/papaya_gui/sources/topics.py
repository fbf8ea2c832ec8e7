"""The topics of values on an MQTT broker: its address, and which level of a topic names what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from papaya.agent.link import Address
from papaya.errors import SettingsError
from papaya.server_url import shown_url, split_url

DEFAULT_PATTERN = "papaya/{device}/{key}"
DEVICE, KEY = "{device}", "{key}"
_FORM = "Write mqtt://USER@HOST:PORT/PATTERN, for example mqtt://broker.example.com/papaya/{device}/{key}."
_PORT, _TLS_PORT = 1883, 8883


@dataclass(frozen=True, slots=True)
class Pattern:
    """A topic with `{device}` as one of its levels, and `{key}` as another or not at all.

    `+` stands for any level, and `#` at the end for any number of them.
    """

    text: str
    device: int
    key: int | None

    @property
    def subscription(self) -> str:
        """The filter that the broker is given."""
        return "/".join("+" if level in (DEVICE, KEY) else level for level in self.text.split("/"))

    def match(self, topic: str) -> tuple[str, str]:
        """Return the device and the key that a topic of the subscription names; an empty key is none.

        Raises ValueError for a topic that nobody has subscribed to.
        """
        levels = topic.split("/")
        if len(levels) <= max(self.device, self.key or 0):
            raise ValueError("the topic is none of the subscription")
        return levels[self.device], "" if self.key is None else levels[self.key]


@dataclass(frozen=True, slots=True)
class MqttPlace:
    """A broker, who to be there, and what to listen to."""

    address: Address
    pattern: Pattern
    username: str | None = None

    def __str__(self) -> str:
        return f"{self.address}/{self.pattern.text}"


def place_of(url: str, ca_file: Path | None = None) -> MqttPlace:
    """Return what an address like `mqtts://user@host:port/pattern` says; TLS trusts `ca_file`."""
    parts = split_url(url)
    port = parts.port
    if parts.password is not None:
        raise SettingsError(
            "the address of the broker holds a password, which every user of this machine could read",
            remedy="Set PAPAYA_MQTT_PASSWORD, or name a file in PAPAYA_MQTT_PASSWORD_FILE.",
        )
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise SettingsError(f"{shown_url(url)} is no address of a broker", remedy=_FORM)
    tls = parts.scheme == "mqtts"
    address = Address(parts.hostname, port or (_TLS_PORT if tls else _PORT), tls, ca_file)
    # What looks like a query or a fragment is a part of the topic.
    rest = url.split("://", 1)[1].partition("/")[2]
    username = unquote(parts.username) if parts.username else None
    return MqttPlace(address, pattern_of(unquote(rest) or DEFAULT_PATTERN), username)


def pattern_of(text: str) -> Pattern:
    """Return a pattern, or say what is wrong with it."""
    levels = text.split("/")
    for name, least in ((DEVICE, 1), (KEY, 0)):
        if not least <= levels.count(name) <= 1:
            how = "once" if least else "once at the most"
            raise SettingsError(
                f"the pattern {text} does not have {name} as a level of its own, {how}", remedy=_FORM
            )
    for place, level in enumerate(levels):
        is_whole = level in ("+", DEVICE, KEY) or (level == "#" and place == len(levels) - 1)
        if not is_whole and set(level) & set("+#{}"):
            raise SettingsError(f"the level {level} of the pattern {text} means nothing", remedy=_FORM)
    return Pattern(text, levels.index(DEVICE), levels.index(KEY) if KEY in levels else None)
