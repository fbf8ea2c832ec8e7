"""What the kinds find wrong with the entries of a manifest, beyond what its schema says."""

from __future__ import annotations

from collections.abc import Iterator

from papaya.diagnostics import Diagnostic, Mark
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Fleet


def faults_of(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield every fault of declared objects."""
    for resource in fleet.resources:
        for fault in KINDS[resource.kind].faults(resource, fleet):
            mark = fault.mark or resource.mark or Mark("")
            summary = f"{KINDS[resource.kind].word} {resource.name}: {fault.summary}"
            yield Diagnostic(summary, mark, "error", fault.remedy, fault.path)
