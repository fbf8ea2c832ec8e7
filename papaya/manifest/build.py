"""Checked mappings to the values of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.diagnostics import Mark
from papaya.manifest.model import (
    AUTO,
    DeviceProfile,
    DeviceTunnel,
    Location,
    PortRange,
    Profiles,
    Provisioning,
    Safety,
    SecretReference,
    Server,
    Tunnel,
)
from papaya.manifest.parts import part_values
from papaya.manifest.tree import Map, mark_at
from papaya.server_url import without_page

Given = Mapping[str, Any]


def given(written: Given | None) -> dict[str, Any]:
    """Return the fields of a mapping that say something."""
    return {key: value for key, value in (written or {}).items() if value is not None}


def key_mark(owner: Map, key: str) -> Mark | None:
    """Return where a key stands, if it does."""
    return mark_at(owner.place_of(key, of_key=True)) if key in owner else None


def secret(written: Given | None, mark: Mark | None) -> SecretReference | None:
    """Return a secret reference."""
    if not written:
        return None
    return SecretReference(env=written.get("env"), file=written.get("file"), mark=mark)


def location(written: Given | str | None) -> Any:
    """Return a location, `auto`, or None."""
    if written is None:
        return None
    if isinstance(written, str):
        return AUTO
    return Location(float(written["latitude"]), float(written["longitude"]))


def server(document: Map) -> Server:
    """Return the server that the fleet belongs to."""
    written = document.get("server")
    if not written:
        return Server()
    fields = given(written)
    return Server(
        url=without_page(fields["url"]) if "url" in fields else None,
        tenant=fields["tenant"].lower() if "tenant" in fields else None,
        username=fields.get("username"),
        password=secret(fields.get("password"), key_mark(written, "password")),
        api_key=secret(fields.get("apiKey"), key_mark(written, "apiKey")),
        mark=key_mark(document, "server"),
    )


def profiles(document: Map) -> Profiles:
    """Return the names of the profiles in use."""
    written = document.get("profiles")
    if not written:
        return Profiles()
    fields = given(written)
    devices = written.get("devices") or Map(written.source)
    defaults = Profiles()
    return Profiles(
        country=fields.get("country", defaults.country),
        state=fields.get("state", defaults.state),
        device=fields.get("device", defaults.device),
        create=fields.get("create", defaults.create),
        devices=tuple(
            DeviceProfile(name, _provisioning(profile), part_values(profile), key_mark(devices, name))
            for name, profile in devices.items()
            if profile is not None
        ),
        mark=key_mark(document, "profiles"),
    )


def safety(document: Map) -> Safety:
    """Return what a run may do without being told so."""
    written = document.get("safety")
    if not written:
        return Safety()
    fields = given(written)
    defaults = Safety()
    return Safety(
        max_destroy=int(fields.get("maxDestroy", defaults.max_destroy)),
        max_change_percent=fields.get("maxChangePercent", defaults.max_change_percent),
        adopt=fields.get("adopt", defaults.adopt),
        when_removed=fields.get("whenRemoved", defaults.when_removed),
        mark=key_mark(document, "safety"),
        max_destroy_mark=key_mark(written, "maxDestroy"),
    )


def tunnel(document: Map) -> Tunnel | None:
    """Return the bastion, if the fleet has one."""
    fields = given(document.get("tunnel"))
    if not fields.get("host"):
        return None
    ports = fields.get("remotePorts")
    return Tunnel(
        host=fields["host"],
        user=fields.get("user", "papaya"),
        port=int(fields.get("port", 22)),
        identity_file=fields.get("identityFile"),
        known_hosts=fields.get("knownHosts"),
        host_keys=tuple(fields.get("hostKeys") or ()),
        remote_ports=PortRange(int(ports["from"]), int(ports["to"])) if ports else None,
        server_version=fields.get("serverVersion"),
        forwards={name: int(port) for name, port in given(fields.get("forwards")).items()},
        mark=key_mark(document, "tunnel"),
    )


def device_tunnel(written: Given | None, bastion: Tunnel | None, mark: Mark | None) -> DeviceTunnel | None:
    """Return a device's end of the tunnel, complete with what the fleet says."""
    if written is None:
        return None
    port = written.get("remotePort")
    own_port = written.get("port")
    is_elsewhere = bastion is None or written.get("host") not in (None, bastion.host)
    return DeviceTunnel(
        remote_port=port if port is None or port == AUTO else int(port),
        forward_ports={name: int(port) for name, port in given(written.get("forwardPorts")).items()},
        enabled=written.get("enabled", True),
        host=written.get("host") or (bastion.host if bastion else None),
        user=written.get("user") or (bastion.user if bastion else None),
        port=int(own_port) if own_port is not None else (bastion.port if bastion else None),
        identity_file=written.get("identityFile") or (bastion.identity_file if bastion else None),
        known_hosts=written.get("knownHosts") or (bastion.known_hosts if bastion else None),
        # Another bastion has keys of its own.
        host_keys=tuple(
            written.get("hostKeys") or (() if bastion is None or is_elsewhere else bastion.host_keys)
        ),
        local_port=int(written.get("localPort", 22)),
        mark=mark,
    )


def _provisioning(profile: Map) -> Provisioning | None:
    written = profile.get("provisioning")
    fields = given(written)
    if not isinstance(written, Map):
        return None
    reference = secret(fields.get("secret"), key_mark(written, "secret"))
    if reference is None or "strategy" not in fields or "key" not in fields:
        return None
    return Provisioning(fields["strategy"], fields["key"], reference)
