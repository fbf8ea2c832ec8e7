"""The documents of a manifest: which kinds there are, and what one environment makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from papaya.manifest.explain import describe, did_you_mean, explain
from papaya.manifest.merge import overlay
from papaya.manifest.parse import parse
from papaya.manifest.report import Report
from papaya.manifest.schema import Definition, Finding, find, prune
from papaya.manifest.source import Source
from papaya.manifest.tree import List, Map, Path, Value, fault
from papaya.manifest.written import refuse_ambiguous, refuse_endless

_KINDS: dict[str, Definition] = {"Fleet": "fleet", "Country": "countryDocument"}
EVERY_PART: Final = ("countries", "models", "sensorSets", "environments", "tunnel", "kind")


@dataclass
class Documents:
    """The one Fleet document and the Country documents of a manifest."""

    fleet: Map | None = None
    countries: list[Map] = field(default_factory=list)

    @property
    def environments(self) -> Mapping[str, Map | None]:
        """Return the environments that the fleet names."""
        found: Mapping[str, Map | None] | None = self.fleet.get("environments") if self.fleet else None
        return found or {}

    def countries_of(self, document: Map) -> list[tuple[Map, Path]]:
        """Return every Country with its path, those of the Fleet document first."""
        inside: list[tuple[Map, Path]] = [
            (entry, ("countries", index)) for index, entry in enumerate(document.get("countries") or ())
        ]
        return inside + [(entry, ()) for entry in self.countries]


def read_documents(sources: Sequence[Source], report: Report) -> Documents:
    """Return the documents of all texts without what the schema refuses."""
    documents = Documents()
    faults_before = len(report.diagnostics)
    for source in sources:
        parsed = parse(source)
        for told in parsed.faults:
            (report.diagnostics if told.severity == "error" else report.spellings).append(told)
            if told.severity == "error":
                report.unsure.update(EVERY_PART)
                report.unread[told.mark] = told
        for document in parsed.documents:
            if parsed.is_ambiguous:
                refuse_ambiguous(document, report)
            if parsed.has_endless:
                refuse_endless(document, report)
            _enter(documents, source, document, report)
    if documents.fleet is None and "kind" not in report.unsure and len(report.diagnostics) == faults_before:
        _say_fleet_is_missing(documents, sources, report)
    return documents


def choose(documents: Documents, environment: str | None, report: Report) -> Map | None:
    """Return the Fleet document as it is in one environment."""
    fleet = documents.fleet
    if fleet is None:
        return None
    environments = documents.environments
    if environment is None:
        if environments:
            report.add(
                fleet.place_of("environments", of_key=True),
                f"this fleet has environments: {', '.join(environments)}",
                f"choose one: -e {' or -e '.join(environments)}",
                path="environments",
            )
        return fleet
    if environment not in environments:
        if "environments" not in report.unsure:
            remedy = did_you_mean(environment, environments) or "remove -e, or define environments"
            place = fleet.place_of("environments", of_key=True) if environments else fleet.place()
            report.add(place, f"there is no environment {environment}", remedy, path="environments")
        return fleet
    over = environments[environment]
    if not over:
        return fleet
    merged = overlay(fleet, over)
    # What the environment does not touch was checked before, and a tree of 10,000 devices takes its time.
    touched = Map(merged.source, merged.node, under=merged.under)
    touched.update({key: merged[key] for key in ("apiVersion", "kind", "metadata", *over) if key in merged})
    findings = find(touched, "fleet")
    _tell(touched, findings, report)
    if findings:
        if not prune(touched, findings, "fleet"):
            return fleet
        for key in over:
            merged.pop(key, None)
        merged.update(touched)
    return merged


def _enter(documents: Documents, source: Source, document: Value, report: Report) -> None:
    if not isinstance(document, Map):
        place = document.place() if isinstance(document, List) else (source, 0, 0)
        report.add(
            place, f"a manifest is a mapping, not {describe(document)}", "begin with `apiVersion: papaya/v1`"
        )
        return
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        _refuse_kind(document, kind, report)
        return
    findings = find(document, _KINDS[kind])
    _tell(document, findings, report)
    if findings:
        report.unsure.update(_unsure(findings) if kind == "Fleet" else ("countries",))
        findings = _stand_in(document, findings, kind)
        if not prune(document, findings, _KINDS[kind]):
            report.unsure.update(EVERY_PART)
            return
    if kind == "Country":
        documents.countries.append(document)
    elif documents.fleet is None or _is_bundle_of(documents.fleet, document):
        documents.fleet = document
    elif not _is_bundle_of(document, documents.fleet):
        first, line, column = documents.fleet.place()
        report.add(
            document.place(),
            f"this is a second Fleet; the first one is {first.mark(line, column)}",
            "keep one and write the others as `kind: Country`, or name the files of one fleet only",
        )


def _is_bundle_of(document: Map, fleet: Map) -> bool:
    """Return whether a document is the bundle of one device of a fleet, as `render --device` writes it.

    Beside the whole fleet it says nothing that is not there.
    """
    bundled, whole = document.get("metadata") or {}, fleet.get("metadata") or {}
    if not isinstance(bundled, Map) or not isinstance(whole, Map):
        return False
    return "bundle" in bundled and "bundle" not in whole and bundled.get("name") == whole.get("name")


def _refuse_kind(document: Map, kind: Value, report: Report) -> None:
    report.unsure.update(EVERY_PART)
    if "kind" not in document:
        remedy = "begin with `apiVersion: papaya/v1` and `kind: Fleet` or `kind: Country`"
        wrong = next((key for key in document if key.lower() == "kind"), None)
        if wrong is None and "apiVersion" not in document:
            report.add(
                document.place(), "this is no manifest of papaya", remedy + ", or name the files to read"
            )
        else:
            report.add(document.place(), 'the document has no "kind"', remedy)
        return
    remedy = did_you_mean(kind, _KINDS) if isinstance(kind, str) else "write Fleet or Country"
    report.add(
        document.place_of("kind"), f"kind must be Fleet or Country, not {describe(kind)}", remedy, path="kind"
    )


def _tell(document: Map, findings: Sequence[Finding], report: Report) -> None:
    report.diagnostics.extend(explain(document, finding) for finding in findings)


def _unsure(findings: Sequence[Finding]) -> set[str]:
    return {str(finding.path[0]) if finding.path else finding.key or "" for finding in findings}


def _stand_in(document: Map, findings: Sequence[Finding], kind: str) -> list[Finding]:
    """Fill in what a document cannot do without, so that the rest of it is checked, too.

    Return the findings that are still to be taken out.
    """
    affected = _unsure(findings)
    affected.update(
        str(finding.expected) for finding in findings if not finding.path and finding.keyword == "required"
    )
    stood_in = set()
    if "apiVersion" in affected:
        document["apiVersion"] = "papaya/v1"
        stood_in.add("apiVersion")
    if kind == "Fleet" and "metadata" in affected:
        document["metadata"] = Map(document.source)
        document["metadata"]["name"] = "unnamed"
        stood_in.add("metadata")
    return [
        finding
        for finding in findings
        if not (finding.path and finding.path[0] in stood_in)
        and not (not finding.path and finding.keyword == "required" and finding.expected in stood_in)
    ]


def _say_fleet_is_missing(documents: Documents, sources: Sequence[Source], report: Report) -> None:
    summary = "there is no document of kind Fleet"
    if documents.countries:
        report.add(
            documents.countries[0].place(),
            summary,
            "name its file, too, or the folder that holds all of them",
        )
    elif sources:
        remedy = "`papaya init` writes one"
        if not any(source.text.strip("\ufeff \t\r\n") for source in sources):
            summary = "the file is empty"
            remedy = "restore it, for example with git, or write a new one: `papaya init --force`"
        report.diagnostics.append(fault((sources[0], -1, 0), summary, remedy=remedy))
