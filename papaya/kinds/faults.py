"""What the kinds find wrong with the entries of a manifest, beyond what its schema says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from papaya.diagnostics import Diagnostic, Mark
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Resource


def faults_of(resources: Sequence[Resource]) -> Iterator[Diagnostic]:
    """Yield every fault of declared objects."""
    for resource in resources:
        for fault in KINDS[resource.kind].faults(resource):
            mark = fault.mark or resource.mark or Mark("")
            summary = f"{KINDS[resource.kind].word} {resource.name}: {fault.summary}"
            yield Diagnostic(summary, mark, "error", fault.remedy, fault.path)
