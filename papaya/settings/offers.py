"""The credentials that each source offers, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator

from papaya.api.credentials import Credentials
from papaya.secrets import resolve
from papaya.settings.candidates import (
    CONFIG_PROPERTIES,
    ENVIRONMENT,
    LOGIN,
    MANIFEST,
    Candidate,
)
from papaya.settings.properties import Properties
from papaya.settings.sources import Sources
from papaya.settings.token_store import TokenStore
from papaya.settings.url import normalized


def offers(sources: Sources, url: str) -> Iterator[Candidate]:
    """Yield what the environment, `config.properties`, the manifest and the token store offer."""
    yield from _of_environment(sources, url)
    if sources.properties is not None:
        yield from _of_properties(sources.properties)
    yield from _of_manifest(sources)
    yield from _of_store(sources, url)


def _of_environment(sources: Sources, url: str) -> Iterator[Candidate]:
    api_key, token = sources.variable("PAPAYA_API_KEY"), sources.variable("PAPAYA_TOKEN")
    password = sources.variable("PAPAYA_PASSWORD")
    first = api_key or token or password
    if first is not None:
        # PAPAYA_PASSWORD beside the user name in a file is how a pipeline passes what may not be in the file.
        username = sources.given("username")
        credentials = Credentials(
            username=username.value if username else _username_beside(sources, url),
            password=password.value if password else None,
            token=token.value if token else None,
            api_key=api_key.value if api_key else None,
        )
        yield Candidate(
            ENVIRONMENT,
            first.origin,
            lambda: credentials,
            url=_url_of(sources, "PAPAYA_URL", "TB_URL"),
            needs_url=False,
        )
    fallback = sources.variable("TB_API_KEY")
    if fallback is not None:
        key = Credentials(api_key=fallback.value)
        yield Candidate(
            ENVIRONMENT, fallback.origin, lambda: key, url=_url_of(sources, "TB_URL"), needs_url=False
        )


def _of_properties(properties: Properties) -> Iterator[Candidate]:
    credentials = Credentials(
        username=properties.username,
        password=properties.password,
        token=properties.token,
        refresh_token=properties.refresh_token,
    )
    if credentials:
        url = properties.url
        yield Candidate(
            CONFIG_PROPERTIES,
            properties.name,
            lambda: credentials,
            url=normalized(url, str(properties.mark("thingsboard", "url"))) if url else None,
            username=properties.username,
        )


def _of_manifest(sources: Sources) -> Iterator[Candidate]:
    server = sources.server
    if server.api_key is None and server.password is None:
        return

    def resolved() -> Credentials:
        references = {"api_key": server.api_key, "password": server.password}
        secrets = {
            name: resolve(reference, sources.manifest_folder, environment=sources.environment)
            for name, reference in references.items()
            if reference is not None
        }
        return Credentials(username=server.username, **secrets)

    yield Candidate(
        MANIFEST,
        sources.manifest_origin,
        resolved,
        url=normalized(server.url, sources.manifest_origin) if server.url else None,
        needs_url=False,
        username=server.username,
    )


def _of_store(sources: Sources, url: str) -> Iterator[Candidate]:
    stored = TokenStore(sources.store_path).find(url)
    if stored is not None:
        credentials = Credentials(
            username=stored.username,
            token=stored.token or None,
            refresh_token=stored.refresh_token,
            api_key=stored.api_key,
        )
        yield Candidate(LOGIN, LOGIN, lambda: credentials, url=url, username=stored.username)


def _username_beside(sources: Sources, url: str) -> str | None:
    properties, server = sources.properties, sources.server
    if properties is not None and properties.url is not None and properties.username is not None:
        origin = str(properties.mark("thingsboard", "url"))
        if normalized(properties.url, origin) == url:
            return properties.username
    if server.url is None or normalized(server.url, sources.manifest_origin) == url:
        return server.username
    return None


def _url_of(sources: Sources, *names: str) -> str | None:
    given = sources.variable(*names)
    return normalized(given.value, given.origin) if given is not None else None
