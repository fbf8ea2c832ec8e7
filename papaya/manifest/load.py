"""Text to `Fleet`: what a manifest says, or everything that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from papaya.collector import collector_paused
from papaya.diagnostics import Diagnostic, Mark, has_errors, in_order
from papaya.manifest import build
from papaya.manifest.check import check
from papaya.manifest.document import EVERY_PART, choose, read_documents
from papaya.manifest.evaluate import evaluate_here
from papaya.manifest.expressions import Evaluate
from papaya.manifest.fields import FieldRules
from papaya.manifest.layers import Shared, grow
from papaya.manifest.model import Fleet
from papaya.manifest.parts import parts_of
from papaya.manifest.places import Places
from papaya.manifest.report import Progress, Report
from papaya.manifest.resources import Read, read_resources
from papaya.manifest.rows import ReadCsv, no_files, read_rows
from papaya.manifest.secrets import SecretPatterns
from papaya.manifest.sensors import SensorSets
from papaya.manifest.source import Source, Template
from papaya.manifest.tree import Map, mark_at
from papaya.manifest.written import check_written

__all__ = ["Loaded", "Source", "Template", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: the fleet, unless there are errors, and everything there is to say, in order."""

    fleet: Fleet | None
    diagnostics: tuple[Diagnostic, ...]


def load(
    sources: Sequence[Source],
    *,
    environment: str | None = None,
    read_csv: ReadCsv = no_files,
    read_text: ReadCsv = no_files,
    read_binary: ReadCsv = no_files,
    evaluate: Evaluate = evaluate_here,
    folder: str = ".",
    is_complete: bool = True,
    progress: Progress | None = None,
) -> Loaded:
    """Return the fleet that the texts describe, or every fault in them.

    `read_csv` is asked for the files that `devicesFrom` names, `read_text` for those that objects beside the
    tree are made of, `read_binary` for those of them that are no text (as
    `papaya.manifest.resources.binary_text` tells of them), `evaluate` for the values of expressions over
    rows; all are the caller's, because files and limits are. Relative paths in the manifest are relative to
    `folder`. Without `is_complete`, nothing is reported as missing, because it may be in a file that could
    not be read. `progress` hears how many of how many rows of tables are done. Whatever stands in the texts,
    nothing is raised.
    """
    report = Report(texts={source.name: source for source in sources}, progress=progress)
    if not is_complete:
        report.unsure.update(EVERY_PART)
    with collector_paused():
        fleet = _load(sources, environment, read_csv, (read_text, read_binary), evaluate, folder, report)
    diagnostics = in_order(report.finish())
    return Loaded(None if has_errors(diagnostics) else fleet, diagnostics)


def _load(
    sources: Sequence[Source],
    environment: str | None,
    read_csv: ReadCsv,
    read_files: tuple[ReadCsv, ReadCsv],
    evaluate: Evaluate,
    folder: str,
    report: Report,
) -> Fleet | None:
    documents = read_documents(sources, report)
    document = choose(documents, environment, report)
    if document is None:
        return None
    environments = tuple(documents.environments)
    countries = documents.countries_of(document)
    models: Mapping[str, Map] = build.given(document.get("models"))
    sets = SensorSets(report, document.get("sensorSets") or {})
    rules = FieldRules(report, sets, models, environments)
    check_written(document, countries, rules)
    places = Places(report, countries)
    texts = read_rows(document, places, environment, rules, read_csv, evaluate)
    # What stands beside the tree is the fleet's, not for one of its devices to change.
    is_bundle = document["metadata"].get("bundle") is not None
    declared = (
        Read()
        if is_bundle
        else read_resources(document, environment, report, read_files[0], read_binary=read_files[1])
    )
    parts = parts_of(document)
    bastion = build.tunnel(document)
    renamed = build.given(document.get("renamed"))
    shared = Shared(
        document=document,
        models=models,
        sensors=sets,
        tunnel=bastion,
        profiles=build.profiles(document),
        renamed={new: old for old, new in renamed.items()},
        environment=environment,
    )
    grown = grow(places, shared, SecretPatterns(report, evaluate))
    fleet = Fleet(
        name=document["metadata"]["name"],
        bundle=document["metadata"].get("bundle"),
        server=build.server(document),
        profiles=shared.profiles,
        safety=build.safety(document),
        sensor_sets=sets.sets,
        models=tuple(models),
        tunnel=bastion,
        countries=grown,
        environment=environment if environments else None,
        environments=environments,
        missing_cells=texts.missing,
        empty_tables=texts.empty,
        folder=folder,
        digest=_digest((*sources, *texts.read, *declared.sources)),
        mark=mark_at((documents.fleet or document).place()),
        resources=(*declared.resources, *parts.resources),
        kinds=(*declared.kinds, *parts.kinds),
    )
    check(fleet, _renames(document), report)
    return fleet


def _renames(document: Map) -> dict[str, tuple[str, Mark]]:
    written = document.get("renamed") or Map(document.source)
    return {
        old: (new, mark_at(written.place_of(old, of_key=True)))
        for old, new in written.items()
        if new is not None
    }


def _digest(sources: Sequence[Source]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        text = source.text.encode(errors="surrogatepass")
        digest.update(f"{len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()
