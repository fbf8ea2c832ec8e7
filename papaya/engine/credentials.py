"""What a device proves itself with, as the server keeps it: three kinds, compared and told in one way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.engine.inventory import Entity
from papaya.foreign import ForeignValue, json_in
from papaya.manifest.model import Certificate, DeviceCredentials, Json, MqttBasic, SecretReference

ProofKind = Literal["ACCESS_TOKEN", "X509_CERTIFICATE", "MQTT_BASIC"]

# The manifest's words for the kinds of the server; changes of credentials are told under them.
WORDS: dict[ProofKind, str] = {
    "ACCESS_TOKEN": "accessToken",
    "X509_CERTIFICATE": "x509",
    "MQTT_BASIC": "mqttBasic",
}
CREDENTIAL_FIELDS = frozenset(WORDS.values())


@dataclass(frozen=True, slots=True)
class Proof:
    """Credentials of one kind: `value` is a token, a certificate (DER in base64) or the server's JSON."""

    kind: ProofKind
    value: str = field(repr=False)

    @property
    def id(self) -> str:
        """Return the `credentialsId` that the server computes, unique over all its devices.

        Source: `DeviceCredentialsServiceImpl`; tried on 4.0.1 and 4.3.1.3.
        """
        if self.kind == "X509_CERTIFICATE":
            return _sha3(self.value)
        if self.kind == "MQTT_BASIC":
            client, user, _ = self.login
            if not client:
                return user or ""
            return _sha3(f"{client}|{user}" if user else client)
        return self.value

    @property
    def login(self) -> tuple[str | None, str | None, str | None]:
        """Return client id, user name and password of MQTT basic credentials; None means any."""
        return _login_in(self.value) if self.kind == "MQTT_BASIC" else (None, None, None)

    @property
    def fingerprinted(self) -> str:
        """Return the text that fingerprints are made of: of a token the token, as records have it already."""
        return self.value if self.kind == "ACCESS_TOKEN" else f"{self.kind}:{self.value}"

    @property
    def sent_value(self) -> str | None:
        """Return the `credentialsValue` of a request."""
        if self.kind == "X509_CERTIFICATE":
            lines = "\n".join(self.value[at : at + 64] for at in range(0, len(self.value), 64))
            return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
        return self.value if self.kind == "MQTT_BASIC" else None


def word_of(credentials: DeviceCredentials) -> str:
    """Return the manifest's word for a kind of credentials."""
    if isinstance(credentials, Certificate):
        return "x509"
    return "mqttBasic" if isinstance(credentials, MqttBasic) else "accessToken"


def proof_of(credentials: DeviceCredentials, resolve: Callable[[SecretReference], str]) -> Proof:
    """Return the credentials that a manifest declares; raises what `resolve` raises."""
    if isinstance(credentials, Certificate):
        if credentials.text is None:
            raise AssertionError(f"{credentials.file} was not read")
        return Proof("X509_CERTIFICATE", credentials.text)
    if isinstance(credentials, MqttBasic):
        password = resolve(credentials.password) if credentials.password is not None else None
        return basic_proof(credentials.client_id, credentials.username, password)
    return Proof("ACCESS_TOKEN", resolve(credentials))


def declared_proof(entity: Entity, resolve: Callable[[SecretReference], str]) -> Proof | None:
    """Return what the manifest declares for an entity, or None where it declares nothing."""
    return proof_of(entity.credentials, resolve) if entity.credentials is not None else None


def basic_proof(client: str | None, user: str | None, password: str | None) -> Proof:
    """Return MQTT basic credentials in the one form that the server stores."""
    told = {"clientId": client or None, "userName": user or None, "password": password or None}
    return Proof("MQTT_BASIC", json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def proof_in(body: Mapping[str, Json]) -> Proof | None:
    """Return the credentials in the server's object, or None where papaya does not know their kind."""
    kind, id_, value = (body.get(key) for key in ("credentialsType", "credentialsId", "credentialsValue"))
    if kind == "ACCESS_TOKEN":
        return Proof("ACCESS_TOKEN", id_) if isinstance(id_, str) else None
    if not isinstance(value, str):
        return None
    if kind == "X509_CERTIFICATE":
        for removed in ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"):
            value = value.replace(removed, "")
        return Proof("X509_CERTIFICATE", "".join(value.split()))
    if kind == "MQTT_BASIC":
        try:
            return basic_proof(*_login_in(value))
        except ForeignValue:
            return None
    return None


def _login_in(value: str) -> tuple[str | None, str | None, str | None]:
    """Return client id, user name and password in the server's JSON; raises `ForeignValue`."""
    told = json_in(value)
    if not isinstance(told, dict):
        raise ForeignValue("MQTT basic credentials are no object")
    client, user, password = (told.get(key) for key in ("clientId", "userName", "password"))
    return _text(client), _text(user), _text(password)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _sha3(text: str) -> str:
    return hashlib.sha3_256(text.encode(errors="surrogatepass")).hexdigest()
