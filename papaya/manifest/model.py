"""A `Fleet` as its manifest describes it, with layers merged, rows expanded and one environment chosen.

Everything here is a value: `load` makes it, `desire`, the window, the agent and the tunnel read it. Names of
fields are those of the manifest in Python's spelling. Maps of JSON values must not be changed after loading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.diagnostics import Mark
from papaya.manifest.characters import composed

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Adoption = Literal["ask", "always", "never"]
WhenRemoved = Literal["destroy", "forget"]
ProvisioningStrategy = Literal["checkPreProvisioned", "allowCreate"]
AUTO: Literal["auto"] = "auto"


@dataclass(frozen=True, slots=True)
class Location:
    """A point in degrees: latitude from -90 to 90, longitude from -180 to 180."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is found: the environment variable `env` or the text file `file`, exactly one of them.

    A relative `file` is relative to the folder of the manifest; `mark` is where the reference stands.
    """

    env: str | None = None
    file: str | None = None
    mark: Mark | None = None

    def __str__(self) -> str:
        return f"env {self.env}" if self.env is not None else f"file {self.file}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The X.509 certificate that a device shows over TLS: the PEM file `file`, relative to the manifest.

    `text` is the certificate itself, DER in base64, and `expires` when it ends, in seconds since 1970 (UTC);
    both are None until `papaya.workspace.certificates` has read the file. `days_left` is counted from then.
    """

    file: str
    mark: Mark | None = None
    text: str | None = None
    expires: int | None = None
    days_left: int | None = None

    def __str__(self) -> str:
        return f"file {self.file}"


@dataclass(frozen=True, slots=True)
class MqttBasic:
    """What a device's MQTT connection has to carry: client id, user name, password; None means any."""

    client_id: str | None = None
    username: str | None = None
    password: SecretReference | None = None
    mark: Mark | None = None

    def __str__(self) -> str:
        parts = (("client id", self.client_id), ("user name", self.username), ("password", self.password))
        return ", ".join(f"{name} {value}" for name, value in parts if value is not None)


DeviceCredentials = SecretReference | Certificate | MqttBasic


@dataclass(frozen=True, slots=True)
class Server:
    """Which ThingsBoard the fleet belongs to, and how to authenticate; every part is optional."""

    url: str | None = None
    tenant: str | None = None
    username: str | None = None
    password: SecretReference | None = None
    api_key: SecretReference | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Provisioning:
    """How devices of a profile may register themselves with a key."""

    strategy: ProvisioningStrategy
    key: str
    secret: SecretReference


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What papaya keeps on one device profile; `parts` are the keys that declare objects of a kind."""

    name: str
    provisioning: Provisioning | None = None
    parts: Mapping[str, Json] = field(default_factory=dict)
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Profiles:
    """Names of the asset and device profiles in use; `create` lets papaya create missing ones."""

    country: str = "Country"
    state: str = "State"
    device: str = "default"
    create: bool = False
    devices: tuple[DeviceProfile, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Safety:
    """What a run may do without being told so in more words."""

    max_destroy: int = 0
    max_change_percent: float = 50
    adopt: Adoption = "ask"
    when_removed: WhenRemoved = "destroy"
    mark: Mark | None = None
    max_destroy_mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor of a device; intervals in seconds, values and thresholds in the sensor's unit."""

    key: str
    name: str = ""
    unit: str = ""
    every: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    warn_above: float | None = None
    warn_below: float | None = None
    alarm_above: float | None = None
    alarm_below: float | None = None
    hysteresis: float | None = None
    deadband: float | None = None
    source: Mapping[str, Json] | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class PortRange:
    """Remote ports that may be allotted, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The bastion that devices keep a reverse SSH tunnel to."""

    host: str
    user: str = "papaya"
    port: int = 22
    identity_file: str | None = None
    known_hosts: str | None = None
    host_keys: tuple[str, ...] = ()
    remote_ports: PortRange | None = None
    server_version: str | None = None
    forwards: Mapping[str, int] = field(default_factory=dict)
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class DeviceTunnel:
    """One device's end of the tunnel: its fleet's `Tunnel` with what the device itself overrides.

    `forward_ports` are the remote ports of the fleet's forwards; those that are absent are allotted.
    """

    remote_port: int | Literal["auto"] | None = None
    forward_ports: Mapping[str, int] = field(default_factory=dict)
    enabled: bool = True
    host: str | None = None
    user: str | None = None
    port: int | None = None
    identity_file: str | None = None
    known_hosts: str | None = None
    host_keys: tuple[str, ...] = ()
    local_port: int = 22
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One field device, complete: every layer above it is merged in."""

    name: str
    country: str
    state: str
    profile: str
    profile_declared: bool = True
    model: str | None = None
    serial: str | None = None
    label: str | None = None
    description: str | None = None
    location: Location | Literal["auto"] | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    shared_attributes: Mapping[str, Json] = field(default_factory=dict)
    sensors: tuple[Sensor, ...] = ()
    sensor_sets: tuple[str, ...] = ()
    access_token: SecretReference | None = None
    x509: Certificate | None = None
    mqtt_basic: MqttBasic | None = None
    tunnel: DeviceTunnel | None = None
    customer: str | None = None
    firmware: str | None = None
    software: str | None = None
    gateway: bool | None = None
    protect: bool = False
    formerly: str | None = None
    mark: Mark | None = None

    @property
    def credentials(self) -> DeviceCredentials | None:
        """What the device proves itself with, if the manifest declares it; an access token is a reference."""
        return self.access_token or self.x509 or self.mqtt_basic


@dataclass(frozen=True, slots=True)
class Place:
    """What a Country and a State have in common; `name` is the manifest's, `asset_name` the server's."""

    name: str
    asset_name: str
    aliases: tuple[str, ...] = ()
    location: Location | None = None
    label: str | None = None
    description: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    customer: str | None = None
    shared: bool = False
    protect: bool = False
    formerly: str | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class State(Place):
    """A place inside a Country: never the condition of a thing."""

    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Country(Place):
    """The root of a part of the tree."""

    states: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingCells:
    """Rows of a CSV source in which the cells of a field are empty, so that the field stays unmanaged."""

    file: str
    columns: tuple[str, ...]
    field: str
    rows: int
    first_line: int


@dataclass(frozen=True, slots=True)
class File:
    """A file that an entry names; `value` is what it says where it is JSON.

    Of a binary file the text is empty and `value` has `path`, `name`, `size` in bytes, and `digests`.
    """

    name: str
    text: str
    value: Json = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One object beside the tree, as its entry declares it.

    `kind` is the key of its kind, `section` the manifest's key. `values` holds what the entry says but its
    name, `formerly` and `protect`; `files` the files that it names, by the entry's keys.
    """

    kind: str
    section: str
    name: str
    values: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    formerly: str | None = None
    protect: bool = False
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """One parsed set of manifests.

    `digest` is the SHA-256 in hexadecimal of every text that went in, `environment` the one that was chosen,
    `folder` what relative paths in it are relative to. `bundle` names the one device that a bundle was cut
    out for: the fleet's other devices are not in it, so that their absence says nothing. `kinds` are those
    that the manifest has a section for, an empty one, too: of others nothing is read and nothing deleted.
    `empty_tables` are the headers of tables that have no rows, and may have none only by mistake.
    """

    name: str
    server: Server = Server()
    profiles: Profiles = Profiles()
    safety: Safety = Safety()
    sensor_sets: Mapping[str, tuple[Sensor, ...]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    tunnel: Tunnel | None = None
    countries: tuple[Country, ...] = ()
    environment: str | None = None
    environments: tuple[str, ...] = ()
    missing_cells: tuple[MissingCells, ...] = ()
    empty_tables: tuple[Mark, ...] = ()
    folder: str = "."
    digest: str = ""
    mark: Mark | None = None
    bundle: str | None = None
    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()

    def states(self) -> Iterator[tuple[Country, State]]:
        """Yield every State with its Country, in the order of the manifest."""
        for country in self.countries:
            for state in country.states:
                yield country, state

    def devices(self) -> Iterator[Device]:
        """Yield every Device, in the order of the manifest."""
        for _, state in self.states():
            yield from state.devices

    def device(self, name: str) -> Device | None:
        """Return the device of that name, in whatever Unicode normal form it is written."""
        wanted = composed(name)
        return next((device for device in self.devices() if device.name == wanted), None)
