"""What a shell completes: devices, places and environments of the manifest at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from click import shell_completion
from click.shell_completion import CompletionItem

from papaya.child_environment import child_environment
from papaya.command_line.shells import Bash, Fish, Zsh
from papaya.workspace.files import default_paths
from papaya.workspace.known_names import is_being_read, kept_names, manifest_files
from papaya.workspace.scanned_names import Names, scanned_names

# Where the callback of the arguments leaves the manifests among them, and the others.
PATHS = "papaya.paths"
TARGETS = "papaya.targets"
SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_PAPAYA_COMPLETE"


def complete(command: click.Command, instruction: str) -> int:
    """Answer a shell, or print its script; return the exit code."""
    for shell in (Bash, Zsh, Fish):
        shell_completion.add_completion_class(shell)
    return shell_completion.shell_complete(command, {}, "papaya", VARIABLE, instruction)


def complete_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Return devices and places that begin as what is typed; files where none does."""
    names = names_at_hand(context)
    words = (*names.devices, *names.places, *(f"device/{name}" for name in _addressed(names, incomplete)))
    found = [CompletionItem(word) for word in words if word.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def complete_devices(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Return devices that begin as what is typed; files where none does, because a manifest may be named."""
    names = names_at_hand(context)
    found = [CompletionItem(name) for name in names.devices if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def complete_environments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Return environments of the fleet that begin as what is typed."""
    return [
        CompletionItem(name) for name in names_at_hand(context).environments if name.startswith(incomplete)
    ]


def names_at_hand(context: click.Context) -> Names:
    """Return the names in the manifest that the words so far mean; none where there is no manifest.

    Where what is kept is out of date, it is read again beside the shell, and counts until then.
    """
    said = (*context.meta.get(PATHS, ()), *(context.params.get("files") or ()))
    paths = tuple(Path(path) for path in said) or default_paths()
    if not paths or Path("-") in paths:
        return Names()
    environment = context.params.get("environment")
    kept, is_fresh = kept_names(paths, environment)
    if kept is not None and is_fresh:
        return kept
    _read_again(paths, environment)
    return kept if kept is not None else scanned_names(manifest_files(paths))


def _addressed(names: Names, incomplete: str) -> Iterable[str]:
    return names.devices if incomplete.startswith("device/") else ()


def _read_again(paths: Sequence[Path], environment: str | None) -> None:
    """Read the manifests in a process of its own, which nobody waits for."""
    if is_being_read(paths, environment):
        return
    words = [sys.executable, "-m", "papaya.command_line.remember", environment or ""]
    words += [os.path.realpath(path) for path in paths]
    try:
        subprocess.Popen(  # noqa: S603 - papaya itself
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,
        )
    except OSError:
        return
