"""What a live device signs in with: fetched once by who may, kept on the device for its agent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from papaya.api.protocols import Readable
from papaya.api.tokens import DeviceCredentials, read_credentials
from papaya.certificates import UnusableCertificate, read_certificate
from papaya.engine.credentials import Proof
from papaya.errors import PapayaError
from papaya.settings.device_login import DeviceLogin, certificate_paths, of_certificate, store_login
from papaya.settings.device_token import forget_pending


@dataclass(frozen=True, slots=True)
class Kept:
    """A login and the file that says it; `written` says whether the file had to be changed."""

    login: DeviceLogin
    path: Path
    written: bool


def fetch_and_keep(
    session: Readable, device: str, device_id: str, path: Path, given: DeviceLogin | None = None
) -> Kept:
    """Fetch what a device signs in with and store it.

    Private keys are on the device alone: those of a certificate are `given`, or stand beside `path`.
    """
    login = login_for(device, read_credentials(session, device_id), path, given)
    written = store_login(path, login)
    forget_pending(path)
    return Kept(login, path, written)


def fetch_token(session: Readable, device: str, device_id: str) -> str:
    """Return the access token of a device."""
    found = read_credentials(session, device_id)
    if not found.token:
        raise PapayaError(
            f"{device} signs in with {found.kind}, not with an access token",
            remedy="Choose Access token under Manage credentials in ThingsBoard, or give the device "
            "one in the manifest: credentials: {accessToken: {env: …}}",
        )
    return found.token


def login_for(device: str, found: DeviceCredentials, path: Path, given: DeviceLogin | None) -> DeviceLogin:
    """Return how a device signs in with the credentials that the server has."""
    proof = found.proof
    if proof is None:
        raise PapayaError(
            f"{device} signs in with {found.kind}, which papaya does not know",
            remedy="Choose Access token, X.509 or MQTT Basic under Manage credentials in ThingsBoard.",
        )
    if proof.kind == "MQTT_BASIC":
        client, user, password = proof.login
        return DeviceLogin("mqttBasic", client_id=client, username=user, password=password)
    if proof.kind == "X509_CERTIFICATE":
        return _with_certificate(device, proof, given or of_certificate(*certificate_paths(path)))
    return DeviceLogin("accessToken", proof.value)


def _with_certificate(device: str, proof: Proof, login: DeviceLogin) -> DeviceLogin:
    certificate, key = login.certificate, login.key
    if certificate is None or key is None:
        raise AssertionError("a login with a certificate has two files")
    remedy = (
        "Put the certificate and its key there, name them with --certificate and --key, or let the device "
        "make new ones: papaya provision --with-certificate"
    )
    try:
        facts = read_certificate(certificate)
    except UnusableCertificate as fault:
        raise PapayaError(
            f"{device} signs in with a certificate, and {certificate} is not usable: {fault.reason}",
            remedy=remedy,
        ) from None
    if facts.text != proof.value:
        raise PapayaError(
            f"{certificate} is not the certificate that the server knows of {device}", remedy=remedy
        )
    if not key.exists():
        raise PapayaError(f"the private key of {certificate} is not in {key}", remedy=remedy)
    return login
