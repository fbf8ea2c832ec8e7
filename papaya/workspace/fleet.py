"""The way from the command line to a fleet: files found, read, rendered in a child process, and loaded."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from papaya.diagnostics import Diagnostic
    from papaya.manifest.load import Loaded
    from papaya.manifest.model import Fleet
    from papaya.manifest.source import Source

Function = TypeVar("Function", bound=Callable[..., Any])

_VARIABLE_PREFIX = "PAPAYA_VAR_"
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

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
    help="A manifest or a folder of them (default: fleet.yaml, else manifests); may be given again.",
)


@dataclass(frozen=True)
class ManifestChoice:
    """Which manifest the person means: its paths, the environment and the template variables."""

    paths: tuple[Path, ...]
    environment: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_saved_plan(self) -> bool:
        """Return whether the one path is a plan that `papaya plan -o` wrote."""
        return len(self.paths) == 1 and self.paths[0].suffix.lower() == ".json"

    def of_saved_plan(self, paths: Sequence[Path], environment: str | None) -> ManifestChoice:
        """Return the manifest that a saved plan was made from, with the variables given now."""
        return replace(self, paths=tuple(paths), environment=environment)

    def read(self) -> Loaded:
        """Return the fleet, or everything that is wrong with its manifest."""
        return read_fleet(self.paths, environment=self.environment, variables=self.variables)

    def load(self, *, with_ports: bool = True) -> Fleet:
        """Return the fleet; warnings go to stderr, faults are raised as one ManifestError.

        Without `with_ports` its remote ports are as the manifest says, without those of the lock file.
        """
        return load_fleet(
            self.paths, environment=self.environment, variables=self.variables, with_ports=with_ports
        )


def manifest_options(function: Function) -> Callable[..., Any]:
    """Give a command its manifest: paths as arguments, and `-e`, `--var`, `--var-file`.

    The command receives them as `manifest`, a ManifestChoice.
    """
    return _decorated(function, (_PATHS, _ENVIRONMENT, *_VARIABLES))


def manifest_file_options(function: Function) -> Callable[..., Any]:
    """Give a command whose arguments are something else its manifest by `-f PATH`, as `manifest`."""
    return _decorated(function, (_FILES, _ENVIRONMENT, *_VARIABLES))


def load_fleet(
    paths: Sequence[Path | str] = (),
    *,
    environment: str | None = None,
    variables: Mapping[str, Any] | None = None,
    with_ports: bool = True,
) -> Fleet:
    """Return the fleet that files describe; warnings go to stderr, faults are raised as one ManifestError."""
    from papaya.errors import ManifestError

    loaded = read_fleet(paths, environment=environment, variables=variables, with_ports=with_ports)
    if loaded.fleet is None:
        raise ManifestError(loaded.diagnostics)
    if loaded.diagnostics:
        from papaya.render.diagnostics import as_text

        click.echo(as_text(loaded.diagnostics), err=True)
    return loaded.fleet


def read_fleet(
    paths: Sequence[Path | str] = (),
    *,
    environment: str | None = None,
    variables: Mapping[str, Any] | None = None,
    with_ports: bool = True,
) -> Loaded:
    """Return the fleet that files describe, or everything that is wrong with them."""
    from papaya.diagnostics import Diagnostic, Mark, has_errors, in_order
    from papaya.manifest.load import Loaded, load
    from papaya.workspace.files import find_files
    from papaya.workspace.limited import evaluate_limited
    from papaya.workspace.ports import with_allotted_ports

    chosen = tuple(Path(path) for path in paths) or _default()
    if not chosen:
        missing = "there is neither fleet.yaml nor a folder manifests here"
        remedy = "name a file or a folder, or write a manifest with `papaya init`"
        return Loaded(None, (Diagnostic(missing, Mark("fleet.yaml"), "error", remedy),))
    files, faults = find_files(chosen)
    sources, unread = _read(files, variables or {})
    faults.extend(unread)
    if has_errors(faults) and not sources:
        return Loaded(None, in_order(faults))
    loaded = load(
        sources,
        environment=environment,
        read_csv=_read_csv,
        evaluate=evaluate_limited,
        is_complete=not has_errors(faults),
    )
    if has_errors(faults):
        return Loaded(None, in_order((*faults, *loaded.diagnostics)))
    fleet = loaded.fleet
    if fleet is not None and fleet.mark is not None:
        fleet = replace(fleet, folder=str(Path(fleet.mark.file).parent))
    if fleet is not None and with_ports:
        return with_allotted_ports(fleet, loaded)
    return Loaded(fleet, loaded.diagnostics)


def gather_variables(
    given: Sequence[str], files: Sequence[Path], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the template variables: --var before --var-file before PAPAYA_VAR_<name>.

    Those of a file keep their types, the others are text.
    """
    variables: dict[str, Any] = {
        name.removeprefix(_VARIABLE_PREFIX): value
        for name, value in environment.items()
        if name.startswith(_VARIABLE_PREFIX) and _VARIABLE_NAME.fullmatch(name.removeprefix(_VARIABLE_PREFIX))
    }
    for file in files:
        variables.update(_variables_in(file))
    for written in given:
        name, separator, value = written.partition("=")
        if not separator or not _VARIABLE_NAME.fullmatch(name):
            raise click.BadParameter(f"write --var NAME=VALUE, not {written!r}", param_hint="--var")
        variables[name] = value
    return variables


def _decorated(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_manifest(*arguments: Any, **parameters: Any) -> Any:
        variables = gather_variables(parameters.pop("var"), parameters.pop("var_file"), os.environ)
        paths = tuple(parameters.pop("paths")) or _default()
        choice = ManifestChoice(paths, parameters.pop("environment"), variables)
        return function(*arguments, manifest=choice, **parameters)

    decorated: Callable[..., Any] = with_manifest
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def _default() -> tuple[Path, ...]:
    from papaya.workspace.files import default_paths

    return default_paths()


def _read(files: Sequence[Path], variables: Mapping[str, Any]) -> tuple[list[Source], list[Diagnostic]]:
    """Return the texts of files, templates rendered."""
    from papaya.manifest.source import Source
    from papaya.workspace.files import TEMPLATE, name_of, read_file

    texts: dict[Path, str] = {}
    faults: list[Diagnostic] = []
    for file in files:
        text = read_file(file)
        if isinstance(text, str):
            texts[file] = text
        else:
            faults.append(text)
    templates = [file for file in texts if file.name.endswith(TEMPLATE)]
    sources = {
        file: Source(name_of(file), text) for file, text in texts.items() if not file.name.endswith(TEMPLATE)
    }
    if templates:
        rendered, refused = _rendered({file: texts[file] for file in templates}, variables)
        sources.update(rendered)
        faults.extend(refused)
    return [sources[file] for file in files if file in sources], faults


def _rendered(
    templates: Mapping[Path, str], variables: Mapping[str, Any]
) -> tuple[dict[Path, Source], list[Diagnostic]]:
    from papaya.manifest.source import Source, Template
    from papaya.manifest.template import Unrendered
    from papaya.workspace.limited import render_limited

    sources: dict[Path, Source] = {}
    faults: list[Diagnostic] = []
    made = render_limited(list(templates.values()), variables)
    for (file, text), result in zip(templates.items(), made, strict=True):
        if isinstance(result, Unrendered):
            lines = Source(str(file), text, template=Template(text, tuple(range(1, text.count("\n") + 2))))
            faults.append(lines.diagnostic(result.summary, line=result.line - 1, remedy=result.remedy))
        else:
            sources[file] = Source(str(file), result.text, template=result.template)
    return sources, faults


def _read_csv(asking: Source, name: str) -> Source | str:
    """Return the text of a CSV file that a manifest names, or why there is none."""
    from papaya.manifest.source import Source
    from papaya.workspace.files import read_file

    if Path(name).is_absolute() or name.startswith("~"):
        # Such a manifest would work on one machine only, and read files that nobody expects it to.
        return f"{name} is not relative to the folder of the manifest"
    path = Path(asking.name).parent / name
    text = read_file(path)
    if isinstance(text, str):
        return Source(str(path), text, "csv")
    where = f" (line {text.mark.line})" if text.mark.line else ""
    return f"{path}: {text.summary}{where}"


def _variables_in(file: Path) -> dict[str, Any]:
    from papaya.errors import ManifestError
    from papaya.manifest.parse import parse
    from papaya.manifest.source import Source
    from papaya.manifest.tree import Map
    from papaya.workspace.files import read_file

    text = read_file(file)
    if not isinstance(text, str):
        raise ManifestError((text,))
    source = Source(str(file), text)
    parsed = parse(source)
    if any(fault.severity == "error" for fault in parsed.faults):
        raise ManifestError(parsed.faults)
    if not parsed.documents:
        return {}
    variables = parsed.documents[0]
    if len(parsed.documents) > 1 or not isinstance(variables, Map):
        fault = source.diagnostic("a file of variables is one mapping", line=0, remedy="write `name: value`")
        raise ManifestError((fault,))
    wrong = next((name for name in variables if not _VARIABLE_NAME.fullmatch(name)), None)
    if wrong is not None:
        source, line, column = variables.place_of(wrong, of_key=True)
        summary = f'"{wrong}" is no name for a variable'
        remedy = "use letters, digits and underscores"
        raise ManifestError((source.diagnostic(summary, line=line, column=column, remedy=remedy),))
    return dict(variables)
