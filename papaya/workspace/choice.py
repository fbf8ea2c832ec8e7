"""Which manifest a person means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from papaya.manifest.load import Loaded
from papaya.manifest.model import Fleet
from papaya.observer import SILENT, Observer
from papaya.workspace.fleet import load_fleet, read_fleet


@dataclass(frozen=True)
class ManifestChoice:
    """Which manifest the person means: its paths, the environment and the template variables.

    `is_named` tells paths that the person gave from those of the working folder's usual manifest.
    `variable_files` are those that `variables` came from: a folder does not mean them as manifests.
    """

    paths: tuple[Path, ...]
    environment: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    observer: Observer = SILENT
    is_named: bool = True
    variable_files: tuple[Path, ...] = ()

    @property
    def is_saved_plan(self) -> bool:
        """Return whether the one path is a plan that `papaya plan -o` wrote."""
        return len(self.paths) == 1 and self.paths[0].suffix.lower() == ".json"

    def of_saved_plan(self, paths: Sequence[Path], environment: str | None) -> ManifestChoice:
        """Return the manifest that a saved plan was made from, with the variables given now."""
        return replace(self, paths=tuple(paths), environment=environment)

    def read(self) -> Loaded:
        """Return the fleet, or everything that is wrong with its manifest."""
        return read_fleet(
            self.paths,
            environment=self.environment,
            variables=self.variables,
            variable_files=self.variable_files,
            observer=self.observer,
        )

    def load(self, *, with_ports: bool = True) -> Fleet:
        """Return the fleet; the observer hears warnings, faults are raised as one ManifestError.

        Without `with_ports` its remote ports are as the manifest says, without those of the lock file.
        """
        return load_fleet(
            self.paths,
            environment=self.environment,
            variables=self.variables,
            variable_files=self.variable_files,
            with_ports=with_ports,
            observer=self.observer,
        )
