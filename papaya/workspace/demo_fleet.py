"""papaya's demo fleet, which stands in where there is no manifest."""

from __future__ import annotations

from importlib.resources import as_file

from papaya.manifest.model import Fleet
from papaya.resources import locate
from papaya.workspace.choice import ManifestChoice
from papaya.workspace.files import find_files
from papaya.workspace.fleet import load_fleet


def is_demo(manifest: ManifestChoice) -> bool:
    """Return whether no manifest was named, and there is none in the usual places."""
    return not manifest.is_named and not find_files(manifest.paths)[0]


def demo_fleet() -> Fleet:
    """Return the demo fleet."""
    with as_file(locate("manifests", "demo")) as folder:
        return load_fleet([folder])
