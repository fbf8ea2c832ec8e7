"""A drift report as text, JSON, Markdown and JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from papaya.engine.address import path_text
from papaya.engine.credentials import CREDENTIAL_FIELDS
from papaya.engine.drift import Difference, Drifted, DriftReport
from papaya.engine.identity import is_other_form
from papaya.kinds.form import is_digest
from papaya.manifest.model import Json
from papaya.render.alike import kind_of
from papaya.render.as_json import refusal_json
from papaya.render.drift_folding import Said, entity_lines, folded_lines
from papaya.render.endings import refusal_lines
from papaya.render.identity import server_json
from papaya.render.layout import Line, paragraph, printed, visible
from papaya.render.words import counted, differences, joined, value_text

FORMAT_VERSION = "1"
_WIDTH = 80
_WHO = {
    "server": "changed on the server",
    "manifest": "changed in the manifest",
    "both": "changed on both sides",
}


def drift_text(report: DriftReport, *, width: int = _WIDTH, full: bool = False) -> str:
    """Return the report as text for a terminal; `full` lists every entity, and nothing is folded."""
    plan = report.plan
    lines = [
        Line(f"{plan.fleet} on {plan.server.url} (ThingsBoard {plan.server.edition} {plan.server.version})"),
        Line(""),
    ]
    hides = False
    for title, entities in (
        ("Not as it was last applied:", report.drifted),
        ("Changes of the manifest that are not applied yet, no drift:", report.pending),
    ):
        if not entities:
            continue
        lines.append(Line(title))
        if full:
            lines += [line for entity in entities for line in entity_lines(entity, _said(entity), width)]
        else:
            told, folded = folded_lines(entities, _said, width)
            lines += told
            hides = hides or folded
        lines.append(Line(""))
    lines += paragraph(summary(report) + (" Every entity: --full" if hides else ""), width)
    refused = refusal_lines(plan.refusals, (), width)
    return printed([*lines, Line(""), *refused] if refused else lines)


def summary(report: DriftReport) -> str:
    """Return the report in a sentence."""
    if not report.entities and not report.plan.refusals:
        return f"No drift: {counted(sum(plan_totals(report)), 'entity')} as last applied."
    drifted = report.drifted
    parts = [f"{counted(len(drifted), 'entity')} drifted" if drifted else "No drift"]
    if report.pending:
        parts.append(f"{counted(len(report.pending), 'entity')} with changes of the manifest pending")
    return f"{joined(parts, 'and')}. Read with {counted(report.plan.requests.read, 'request')}."


def plan_totals(report: DriftReport) -> Sequence[int]:
    """Return how many entities of each role the manifest names."""
    return list(report.plan.totals.values())


def _said(entity: Drifted) -> list[Said]:
    state = _state(entity)
    # What is refused differs by the entity's own name.
    said = [Said(kind_of(state, (entity.address.name,)), state)] if state else []
    for difference in entity.differences:
        what = f"{_name(difference)} {difference.mover}"
        said += [Said(what, text) for text in _lines_of(difference)]
    return said


def _state(entity: Drifted) -> str:
    if entity.missing:
        return "not on the server: new in the manifest, or deleted there"
    if entity.removed:
        return "no longer in the manifest"
    if entity.refused:
        return f"{visible(entity.refused)}: apply refuses it"
    if entity.released:
        return "not managed: its mark was removed on the server; apply would adopt it"
    return "not managed: apply would adopt it" if entity.unmarked else ""


def _name(difference: Difference) -> str:
    parts = (difference.field, difference.key, difference.part)
    return visible(" ".join(part for part in parts if part))


def _lines_of(difference: Difference) -> Iterator[str]:
    """Yield what is told of a difference; of a long value each place in it, as its record is a digest."""
    if not is_digest(difference.applied):
        yield _told(difference)
        return
    for label, live, manifest in differences(_name(difference), difference.live, difference.manifest):
        sides = f"manifest {value_text(manifest)}, live {value_text(live)}"
        yield f"{visible(label)}: {_WHO[difference.mover]}: {sides}"


def _told(difference: Difference) -> str:
    if difference.field == "name" and difference.mover != "manifest":
        renamed = f"renamed on the server: {_bare(difference.applied)} -> {_bare(difference.live)}"
        if is_other_form(str(difference.applied), str(difference.live)):
            renamed += " (another Unicode normal form)"
        other = difference.mover == "both"
        return renamed + (f"; the manifest has {_bare(difference.manifest)} now" if other else "")
    return f"{_name(difference)}: {_sides(difference)}"


def _bare(name: Json) -> str:
    return visible(str(name))


def _sides(difference: Difference) -> str:
    if difference.field == "accessToken":
        return "the manifest's secret is another one than was applied"
    if difference.field in CREDENTIAL_FIELDS:
        return "the manifest's credentials are others than were applied"
    return (
        f"{_WHO[difference.mover]}: manifest {value_text(difference.manifest)}, "
        f"applied {value_text(difference.applied)}, live {value_text(difference.live)}"
    )


def drift_json(report: DriftReport) -> dict[str, Json]:
    """Return the report as a document of a versioned form."""
    plan = report.plan
    return {
        "formatVersion": FORMAT_VERSION,
        "fleet": plan.fleet,
        "environment": plan.environment,
        "server": server_json(plan.server),
        "drifted": len(report.drifted),
        "pending": len(report.pending),
        "entities": [_entity_json(entity) for entity in report.entities],
        "refusals": [refusal_json(refusal) for refusal in plan.refusals],
        "requests": plan.requests.read,
    }


def _entity_json(entity: Drifted) -> Json:
    state = "drifted" if entity.is_drift else "pending"
    reason = (
        "missing"
        if entity.missing
        else "removed"
        if entity.removed
        else "refused"
        if entity.refused
        else "released"
        if entity.released
        else "unmarked"
        if entity.unmarked
        else "differs"
    )
    return {
        "address": str(entity.address),
        "role": entity.role,
        "path": list(entity.path),
        "state": state,
        "reason": reason,
        **({"refusal": entity.refused} if entity.refused else {}),
        "differences": [
            {
                "field": difference.field,
                "key": difference.key,
                "part": difference.part,
                "manifest": difference.manifest,
                "applied": difference.applied,
                "live": difference.live,
                "movedBy": difference.mover,
            }
            for difference in entity.differences
        ],
    }


def drift_markdown(report: DriftReport, *, limit: int = 65_000) -> str:
    """Return the report as a table that fits a code-review comment."""
    plan = report.plan
    head = f"### {plan.fleet} on {plan.server.url}\n\n{summary(report)}\n"
    if not report.entities:
        return head
    head += "\n| entity | value | manifest | applied | live | changed by |\n|---|---|---|---|---|---|\n"
    rows = [row for entity in (*report.drifted, *report.pending) for row in _rows(entity)]
    used, kept = len(head.encode()) + 100, []
    for row in rows:
        used += len(row.encode()) + 1
        if used > limit:
            break
        kept.append(row)
    left = len(rows) - len(kept)
    return head + "\n".join(kept) + (f"\n\n{left:,} more: papaya drift\n" if left else "\n")


def _rows(entity: Drifted) -> Iterator[str]:
    path = _cell(path_text(entity.path))
    state = _state(entity)
    if state:
        yield f"| {path} | {state} | | | | |"
    for difference in entity.differences:
        sides = (difference.manifest, difference.applied, difference.live)
        values = " | ".join(_cell(value_text(side)) for side in sides)
        yield f"| {path} | {_cell(_name(difference))} | {values} | {difference.mover} |"


def _cell(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")


def drift_junit(report: DriftReport) -> str:
    """Return the report in JUnit's form: each drifted entity is a failed test, so that CI shows it."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"papaya drift {report.plan.fleet}",
        tests=str(max(1, len(report.entities))),
        failures=str(len(report.drifted)),
    )
    if not report.entities:
        ElementTree.SubElement(suite, "testcase", name=report.plan.fleet, classname="papaya.drift")
    for entity in report.entities:
        case = ElementTree.SubElement(
            suite, "testcase", name=_xml(path_text(entity.path)), classname=f"papaya.drift.{entity.role}"
        )
        if entity.is_drift:
            lines = [_state(entity)] if _state(entity) else []
            lines += [_told(difference) for difference in entity.differences]
            failure = ElementTree.SubElement(case, "failure", message=_xml(lines[0] if lines else "drifted"))
            failure.text = _xml("\n".join(lines))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))
