"""The options and arguments that name a manifest, and devices and places of it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from papaya.command_line.completion import PATHS, TARGETS, complete_environments, complete_names
from papaya.commands.options.group import Function, with_options
from papaya.commands.options.targets import told_apart


def _manifests(context: click.Context, parameter: click.Parameter, words: Sequence[str]) -> None:
    context.meta[PATHS] = tuple(Path(word) for word in words or ())


_ENVIRONMENT = click.option(
    "-e",
    "--environment",
    metavar="NAME",
    shell_complete=complete_environments,
    help="Choose one of the fleet's environments.",
)
_VARIABLES = (
    click.option("--var", metavar="NAME=VALUE", multiple=True, help="Set a template variable; repeatable."),
    click.option(
        "--var-file",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Read template variables from a YAML or JSON file; repeatable.",
    ),
)
_PATHS = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(), expose_value=False,
                        callback=_manifests)  # fmt: skip
_WORDS = click.argument("words", nargs=-1, metavar="[PATH|TARGET]...", expose_value=False,
                        callback=told_apart, shell_complete=complete_names)  # fmt: skip
_FILES = click.option(
    "-f",
    "--file",
    "files",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A manifest or a folder of them (default: the folder with fleet.yaml, else manifests); repeatable.",
)


def manifest_path_options(function: Function) -> Callable[..., Any]:
    """Give a command about whole manifests its paths, as arguments or by `-f`, as `manifest`."""
    return _with_manifest(function, (_PATHS, _FILES, _ENVIRONMENT, *_VARIABLES))


def manifest_options(function: Function) -> Callable[..., Any]:
    """Give a command its manifest as `manifest`, by arguments or by `-f`; other arguments are targets.

    `scope_options` and `targets_at_hand` find the targets. Where there is no manifest here, every argument
    names one.
    """
    return _with_manifest(function, (_WORDS, _FILES, _ENVIRONMENT, *_VARIABLES), words_are_paths=True)


def manifest_file_options(function: Function) -> Callable[..., Any]:
    """Give a command whose arguments are something else its manifest by `-f PATH`, as `manifest`."""
    return _with_manifest(function, (_FILES, _ENVIRONMENT, *_VARIABLES))


def _with_manifest(
    function: Callable[..., Any], options: Sequence[Callable[..., Any]], *, words_are_paths: bool = False
) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_manifest(*arguments: Any, **parameters: Any) -> Any:
        from papaya.command_line.terminal import TERMINAL
        from papaya.workspace.choice import ManifestChoice
        from papaya.workspace.files import default_paths
        from papaya.workspace.variables import gather_variables

        context = click.get_current_context()
        try:
            files = tuple(parameters.pop("var_file"))
            variables = gather_variables(parameters.pop("var"), files, os.environ, TERMINAL)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--var") from error
        paths = (*context.meta.get(PATHS, ()), *parameters.pop("files"))
        usual = default_paths()
        if words_are_paths and not paths and not usual:
            # Whoever names something where there is no manifest has most likely mistyped one.
            paths = tuple(Path(word) for word in context.meta.pop(TARGETS, ()))
        is_named = bool(paths) or context.get_parameter_source("files") not in (None, ParameterSource.DEFAULT)
        choice = ManifestChoice(
            paths or usual, parameters.pop("environment"), variables, TERMINAL, is_named, files
        )
        return function(*arguments, manifest=choice, **parameters)

    return with_options(with_manifest, options)
