"""Where this machine is, by its address on the internet: a city's accuracy, not a street's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from papaya.api.failures import is_page, reason_of
from papaya.api.replies import Reply, decode
from papaya.api.requested import Requested
from papaya.api.transport import Transport
from papaya.errors import PapayaError, ServerError, SettingsError
from papaya.foreign import ForeignValue, finite
from papaya.manifest.model import Json
from papaya.remedies import location_detection_failed
from papaya.server_url import split_url

DEFAULT_URL = "https://ipapi.co/json/"
TIMEOUT = 5.0
TRIES = 2
_LONGEST_NAME = 255


class DetectionFailed(PapayaError):
    """The service gave no position; `reason` says why in a few words."""

    def __init__(self, reason: str, *, may_pass: bool = False) -> None:
        fault = location_detection_failed(reason)
        super().__init__(fault.summary, remedy=fault.remedy)
        self.reason = reason
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True)
class Detected:
    """What the service says; names are empty where it does not know them."""

    latitude: float
    longitude: float
    city: str = ""
    region: str = ""
    country: str = ""
    country_code: str = ""

    @property
    def names(self) -> str:
        """The names that are known, smallest first."""
        return ", ".join(name for name in (self.city, self.region, self.country or self.country_code) if name)


class Sender(Protocol):
    """What sends the one request."""

    def send(self, requested: Requested, authorization: str | None = None) -> Reply:
        """Send it once and return the reply."""

    def close(self) -> None:
        """Close every connection."""


def detect(
    url: str = DEFAULT_URL,
    *,
    proxies: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    tries: int = TRIES,
    transport: Callable[[str], Sender] | None = None,
) -> Detected:
    """Ask the service, once more where its failure may pass; no credentials are ever sent to it."""
    parts = split_url(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise SettingsError(
            "the URL of the geolocation service is none: write http:// or https:// and a host",
            remedy="See --geolocation-url.",
        )
    query = f"?{parts.query}" if parts.query else ""
    requested = Requested("GET", f"{parts.path or '/'}{query}")
    base = f"{parts.scheme}://{parts.netloc}"
    make = transport or (
        lambda base: Transport(
            base,
            ca_file=None,
            insecure=False,
            timeout=timeout,
            pool_size=1,
            proxies=proxies,
            timeouts_per_answer=1,
        )
    )
    sender = make(base)
    try:
        for remaining in reversed(range(max(1, tries))):
            try:
                return read(sender.send(requested))
            except ServerError as error:
                # "GET /json/: connection refused": the path says nothing to anybody here.
                failure = DetectionFailed(f"{parts.hostname}: {_reason(error)}", may_pass=True)
            except DetectionFailed as error:
                failure = error
            if not remaining or not failure.may_pass:
                raise failure from None
    finally:
        sender.close()
    raise AssertionError("the loop returns or raises")


def read(reply: Reply) -> Detected:
    """Return the position in an answer of the service, or say what the answer is instead."""
    body = decode(reply)
    if isinstance(body, dict) and body.get("error"):
        raise DetectionFailed(_refusal(body))
    if reply.status == 429:
        raise DetectionFailed("the service asks for fewer requests (HTTP 429)")
    if is_page(reply) or not 200 <= reply.status < 300:
        raise DetectionFailed(f"{reason_of(reply).text} (HTTP {reply.status})", may_pass=reply.status >= 500)
    if not isinstance(body, dict):
        raise DetectionFailed("the answer is no position")
    latitude, longitude = _degrees(body.get("latitude"), 90), _degrees(body.get("longitude"), 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        raise DetectionFailed("the service knows no coordinates for this address")
    return Detected(
        latitude,
        longitude,
        city=_name(body.get("city")),
        region=_name(body.get("region")),
        country=_name(body.get("country_name")),
        country_code=_name(body.get("country")),
    )


def _refusal(body: Mapping[str, Json]) -> str:
    reason = _name(body.get("reason")) or "no reason given"
    if body.get("reserved"):
        return f"the address of this machine is a reserved one ({reason})"
    if reason == "RateLimited":
        return "the service asks for fewer requests (RateLimited)"
    return f"the service refuses ({reason})"


def _reason(error: ServerError) -> str:
    return error.message.partition(": ")[2] or error.message


def _degrees(value: Json, most: float) -> float | None:
    try:
        return float(finite(value, least=-most, most=most))
    except ForeignValue:
        return None


def _name(value: Json) -> str:
    """Return a name that can be shown and stored, whatever the service sends."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_NAME]
