"""Steps 2, 5 and 6 with a device profile's provision key: no administrator's password on the device."""

from __future__ import annotations

from papaya.errors import SettingsError
from papaya.provision.administrator import Wishes, locate_step, tell_credential, tell_handshake
from papaya.provision.certificate import register_certificate_with_key
from papaya.provision.device_line import Connect, connect_by
from papaya.provision.handshake import Arrived, first_values, handshake_as_device
from papaya.provision.one_device import OneDevice
from papaya.provision.steps import Progress
from papaya.provision.with_key import How, Key, register
from papaya.settings import Settings
from papaya.settings.device_login import DeviceLogin

PLACEMENT = "its place under {state} waits for `papaya apply`: a device cannot place itself"
_HOW = {
    "registered": "registered with the provision key",
    "registered earlier": "an interrupted registration had got through",
    "known already": "the server knows the stored token",
}


def provision_with_key(
    progress: Progress, one: OneDevice, settings: Settings, key: Key | None, wishes: Wishes
) -> tuple[DeviceLogin, Arrived]:
    """Carry out the three steps that a device can do for itself."""
    if key is None:
        raise no_key(one)
    connect = connect_by(settings, wishes.broker)
    position = locate_step(progress, one, wishes.locating, None)
    with progress.step("credential") as step:
        login, how = _register(one.device.name, key, wishes, connect)
        tell_credential(step, wishes.token_file, written=how != "known already", login=login)
        step.text = f"{_HOW[how]}; {step.text}"
        step.details["how"] = how
    with progress.step("handshake") as step:
        location = position.location if position is not None else None
        values = first_values(wishes.information, one.serial, location)
        if position is not None:
            values["location.source"] = position.source
        with connect(login) as line:
            arrived = handshake_as_device(line, values, wait=wishes.wait)
        tell_handshake(step, arrived)
        step.warnings.append(PLACEMENT.format(state=f"{one.country.name}/{one.state.name}"))
    return login, arrived


def _register(device: str, key: Key, wishes: Wishes, connect: Connect) -> tuple[DeviceLogin, How]:
    if wishes.certificate_days is None:
        registered = register(device, key, wishes.token_file, connect)
        return DeviceLogin("accessToken", registered.token), registered.how
    kept, is_new = register_certificate_with_key(
        device, key, wishes.token_file, connect, days=wishes.certificate_days
    )
    return kept.login, "registered" if is_new else "known already"


def no_key(one: OneDevice) -> SettingsError:
    """Return what to say where nothing names a provision key."""
    return SettingsError(
        f"no provision key is known for {one.device.name}",
        remedy="Declare it on the device profile in the manifest (profiles.devices.<profile>.provisioning), "
        "or give --provision-key and the secret in PAPAYA_PROVISION_SECRET.",
    )
