"""Which server is meant, and the refusal to guess between two."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from papaya.counting import counted
from papaya.errors import SettingsError
from papaya.settings.model import Given
from papaya.settings.sources import Sources
from papaya.settings.token_store import TokenStore
from papaya.settings.url import normalized


def server_url(sources: Sources) -> Given:
    """Return the normalized URL and where it came from.

    Where the manifest names a server, only `--url` may say another: whoever typed that meant it, while a
    variable or a file may have been left over from other work.
    """
    named = tuple(_named(sources))
    if not named:
        remedy = "Name one with --url, PAPAYA_URL, a config.properties, or server.url in the manifest."
        raise SettingsError("no server is named", remedy="\n".join((*signed_in(sources), remedy)))
    first = named[0]
    manifest = next((given for given in named if given.origin == sources.manifest_origin), None)
    if manifest is not None and first.value != manifest.value and first.origin != "--url":
        raise SettingsError(
            f"two servers are named: {first.value} ({first.origin}) and {manifest.value} ({manifest.origin})",
            remedy=f"Say which one with --url {shlex.quote(first.value)} or "
            f"--url {shlex.quote(manifest.value)}, or make {first.origin} and the manifest agree.",
        )
    return first


def signed_in(sources: Sources) -> Iterator[str]:
    """Say which servers papaya login has kept tokens for: one of them is probably meant."""
    known = TokenStore(sources.store_path).urls()
    if known:
        others = f" and {counted(len(known) - 1, 'other server')}" if len(known) > 1 else ""
        yield f"You are signed in to {known[0]}{others}. To use it: --url {shlex.quote(known[0])}"


def _named(sources: Sources) -> Iterator[Given]:
    if sources.options.url is not None:
        yield _normalized(Given(sources.options.url, "--url"))
    variable = sources.variable("PAPAYA_URL", "TB_URL")
    if variable is not None:
        yield _normalized(variable)
    if sources.properties is not None and sources.properties.url is not None:
        yield _normalized(Given(sources.properties.url, str(sources.properties.mark("thingsboard", "url"))))
    if sources.server.url is not None:
        yield _normalized(Given(sources.server.url, sources.manifest_origin))


def _normalized(given: Given) -> Given:
    return Given(normalized(given.value, given.origin), given.origin)
