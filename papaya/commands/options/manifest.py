"""The options that say which manifest a command is about."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from papaya.commands.options.group import Function, with_options

_ENVIRONMENT = click.option(
    "-e", "--environment", metavar="NAME", help="Choose one of the fleet's environments."
)
_VARIABLES = (
    click.option(
        "--var", metavar="NAME=VALUE", multiple=True, help="Set a template variable; may be given again."
    ),
    click.option(
        "--var-file",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Read template variables from a YAML or JSON file; may be given again.",
    ),
)
_PATHS = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
_FILES = click.option(
    "-f",
    "--file",
    "paths",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A manifest or a folder of them (default: the folder with fleet.yaml, else manifests);"
    " may be given again.",
)


def manifest_options(function: Function) -> Callable[..., Any]:
    """Give a command its manifest: paths as arguments, and `-e`, `--var`, `--var-file`.

    The command receives them as `manifest`, a ManifestChoice.
    """
    return _with_manifest(function, (_PATHS, _ENVIRONMENT, *_VARIABLES))


def manifest_file_options(function: Function) -> Callable[..., Any]:
    """Give a command whose arguments are something else its manifest by `-f PATH`, as `manifest`."""
    return _with_manifest(function, (_FILES, _ENVIRONMENT, *_VARIABLES))


def _with_manifest(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_manifest(*arguments: Any, **parameters: Any) -> Any:
        from papaya.command_line.terminal import TERMINAL
        from papaya.workspace.choice import ManifestChoice
        from papaya.workspace.files import default_paths
        from papaya.workspace.variables import gather_variables

        try:
            files = tuple(parameters.pop("var_file"))
            variables = gather_variables(parameters.pop("var"), files, os.environ, TERMINAL)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--var") from error
        paths = tuple(parameters.pop("paths")) or default_paths()
        said = click.get_current_context().get_parameter_source("paths")
        named = said not in (None, ParameterSource.DEFAULT)
        choice = ManifestChoice(paths, parameters.pop("environment"), variables, TERMINAL, named, files)
        return function(*arguments, manifest=choice, **parameters)

    return with_options(with_manifest, options)
