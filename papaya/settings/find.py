"""Finds the settings of a run: option, environment, `config.properties`, manifest, in this order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from papaya.diagnostics import Diagnostic, Mark, in_order
from papaya.errors import SettingsError
from papaya.manifest.model import Server
from papaya.settings.candidates import Choice, choose
from papaya.settings.files import find_file, read_file, warnings_about
from papaya.settings.model import Given, Options, Settings
from papaya.settings.offers import offers
from papaya.settings.properties import Properties
from papaya.settings.proxies import proxies_for
from papaya.settings.quantities import count, seconds, switch
from papaya.settings.sources import Sources
from papaya.settings.token_store import default_path
from papaya.settings.url import travels_in_the_clear
from papaya.settings.which_server import server_url, signed_in

_DEFAULTS = {
    "insecure": Given("false", "default"),
    "timeout": Given("30", "default"),
    "retry_for": Given("60", "default"),
    "concurrency": Given("100", "default"),
}


def find_settings(
    options: Options | None = None,
    server: Server | None = None,
    *,
    manifest_folder: Path | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    store_path: Path | None = None,
) -> Settings:
    """Return the settings; raises `SettingsError` where no server is named, or two that disagree.

    `server` is the manifest's, whose relative secret files are relative to `manifest_folder`; `folder` is
    where a `config.properties` is looked for first.
    """
    sources, config_origin = _sources(options, server, manifest_folder, folder, environment, store_path)
    try:
        url = server_url(sources)
        username = sources.given("username")
        choice = choose(offers(sources, url.value), url.value, username.value if username else None)
    except SettingsError as error:
        raise _with_doubts(error, sources) from error
    numbers = {name: sources.given(name) or default for name, default in _DEFAULTS.items()}
    insecure, ca_file = numbers["insecure"], sources.given("ca_file")
    origins = {name: given.origin for name, given in numbers.items()}
    origins |= {"url": url.origin, "credentials": choice.origin, "config_path": config_origin}
    origins["ca_file"] = ca_file.origin if ca_file else "default"
    if sources.server.tenant:
        origins["tenant"] = sources.manifest_origin
    return Settings(
        url=url.value,
        credentials=choice.credentials,
        credentials_source=choice.source,
        ca_file=Path(ca_file.value).expanduser() if ca_file else None,
        insecure=switch(insecure),
        timeout=seconds(numbers["timeout"], least=0.1),
        retry_for=seconds(numbers["retry_for"], least=0),
        concurrency=count(numbers["concurrency"]),
        config_path=sources.config_path,
        properties=sources.properties,
        tenant=sources.server.tenant,
        proxies=proxies_for(url.value, sources.environment),
        store_path=sources.store_path,
        origins=origins,
        warnings=in_order(_warnings(sources, url, choice, switch(insecure), insecure.origin)),
        notes=(*choice.notes, *(() if choice.credentials else signed_in(sources))),
    )


def _with_doubts(error: SettingsError, sources: Sources) -> SettingsError:
    """Return an error with what is doubtful in the config.properties: a misspelt section may be its cause."""
    doubts = sources.properties.warnings if sources.properties is not None else ()
    if not doubts:
        return error
    told = "\n".join(f"{doubt.mark}: {doubt.summary}. {doubt.remedy}" for doubt in doubts)
    return SettingsError(error.message, remedy=f"{error.remedy}\n{told}" if error.remedy else told)


def find_properties(
    config: str | None = None,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Properties | None:
    """Return what the nearest `config.properties` says, for what is not about the server."""
    return _sources(Options(config=config), None, None, folder, environment, Path())[0].properties


def _sources(
    options: Options | None,
    server: Server | None,
    manifest_folder: Path | None,
    folder: Path | None,
    environment: Mapping[str, str] | None,
    store_path: Path | None,
) -> tuple[Sources, str]:
    sources = Sources(
        options=options or Options(),
        environment=os.environ if environment is None else environment,
        server=server or Server(),
        manifest_folder=manifest_folder or Path(),
        store_path=store_path or default_path(),
    )
    found = find_file(sources.given("config"), folder or Path.cwd())
    if found is None:
        return sources, "none found"
    path, origin = found
    return replace(sources, config_path=path, properties=read_file(path)), origin


def _warnings(
    sources: Sources, url: Given, choice: Choice, insecure: bool, insecure_origin: str
) -> Iterator[Diagnostic]:
    if sources.config_path is not None and sources.properties is not None:
        yield from warnings_about(sources.config_path, sources.properties)
    if travels_in_the_clear(url.value) and choice.credentials:
        yield Diagnostic(
            f"the credentials for {url.value} can be read by everybody on the way to it",
            Mark(url.origin),
            "warning",
            "Use https://.",
        )
    if insecure and url.value.startswith("https:"):
        yield Diagnostic(
            f"the certificate of {url.value} is not checked: anybody on the way can take the credentials",
            Mark(insecure_origin),
            "warning",
            "Name the certificate of a private authority with --ca-file instead.",
        )
