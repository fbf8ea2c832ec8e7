"""What a plan ends with: notes, what goes, the sums, and what stands against carrying it out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from papaya.engine.address import Role, natural
from papaya.engine.identity import is_other_form
from papaya.engine.plan import Change, Note, Plan, Refusal, ResourceChange, WayOut
from papaya.kinds.registry import KINDS
from papaya.render.heads import CHANGE
from papaya.render.layout import (
    MARGIN,
    Line,
    cells,
    entry,
    pad,
    paragraph,
    visible,
    wrap,
)
from papaya.render.resources import counted_objects
from papaya.render.words import counted, names_within, number

_ROLES: tuple[Role, ...] = ("profile", "country", "state", "device")
_INDENT = "  "
_WIDEST_PATH = 44
_MANY_NOTES = 10
_MOST_REFUSALS = 3


def quiet_lines(changes: Sequence[Change], width: int) -> list[Line]:
    """Return one line about entities of which only papaya's own record is brought up to date."""
    roles: Counter[str] = Counter(change.role for change in changes if change.is_quiet)
    if not roles:
        return []
    text = f"{_counted_roles(roles)}: only papaya's own record is brought up to date"
    first, *others = wrap(text, width - MARGIN)
    return [Line(first, CHANGE), *(Line(" " * MARGIN + piece) for piece in others)]


def note_lines(plan: Plan, width: int, *, full: bool = False) -> list[Line]:
    """Return the notes of a plan; the same words about ten places and more are said once."""
    lines = [*_unlike_names(plan.changes, width)]
    for note in _gathered(plan.notes, full=full):
        if note.at:
            lines += paragraph(f"! {visible(note.at)}: {visible(note.text)}", width, rest=_INDENT)
        elif note.text.endswith("."):
            lines += paragraph(visible(note.text).replace("….", "…"), width)
        else:
            lines += paragraph(f"! {visible(note.text)}", width, rest=_INDENT)
    return lines


def _gathered(notes: Sequence[Note], *, full: bool) -> Iterator[Note]:
    places: dict[str, list[str]] = defaultdict(list)
    for note in notes:
        places[note.text].append(note.at)
    for text, where in places.items():
        if full or len(where) < _MANY_NOTES:
            yield from (Note(text, at) for at in where)
        else:
            named, _ = names_within(where, 120)
            yield Note(text, f"{number(len(where))} places ({named})")


def _unlike_names(changes: Sequence[Change], width: int) -> Iterator[Line]:
    unlike = [
        change
        for change in changes
        if change.adopts
        and change.live is not None
        and change.renamed_from is None
        and change.live.address.name != change.address.name
    ]
    if not unlike:
        return
    first = unlike[0]
    forms = sum(
        change.live is not None and is_other_form(change.live.address.name, change.address.name)
        for change in unlike
    )
    how = "case or Unicode normal form" if forms else "case"
    how = "Unicode normal form" if forms == len(unlike) else how
    told = f"1 live name differs by {how} only and stays as it is."
    if len(unlike) > 1:
        told = f"{number(len(unlike))} live names differ by {how} only and stay as they are."
    yield from paragraph(told, width)
    example = f'"formerly: {visible(first.live.address.name)}"' if first.live is not None else ""
    where = f" ({visible(str(first.mark))})" if first.mark is not None else ""
    yield from paragraph(f"To rename {'it' if len(unlike) == 1 else 'one'}: {example}{where}.", width)


def closing_lines(plan: Plan, width: int, *, hides: bool = False, verb: str = "apply") -> list[Line]:
    """Return the line of sums and the line of totals and requests; `verb` is the command that sends them.

    Every entity is in one sum: of those that are adopted, the ones that change too stand beside it.
    """
    renamed = sum(change.renamed_from is not None and not change.adopts for change in plan.everything)
    how = ", ".join(f"{number(n)} {word}" for n, word in ((plan.moves, "moved"), (renamed, "renamed")) if n)
    altered = sum(change.adopts and bool(change.fields) for change in plan.everything)
    also = f" ({number(altered)} of them changed)" if altered else ""
    sums = [f"{number(plan.adopts)} to adopt{also}"] if plan.adopts else []
    sums.append(f"{number(plan.adds)} to add")
    sums.append(f"{number(plan.updates - altered)} to change" + (f" ({how})" if how else ""))
    sums.append(f"{number(plan.destroys)} to delete")
    if plan.forgets:
        sums.append(f"{number(plan.forgets)} to forget")
    text = f"Plan: {', '.join(sums)}."
    lines = _sentences([text, *(["Every device: --full"] if hides else [])], width)
    touched = Counter(change.role for change in plan.everything)
    touched["profile"] += len(plan.profiles)
    spent = f"Read with {counted(plan.requests.read, 'request')}; {verb} sends {number(plan.requests.apply)}."
    has = f"{_counted_roles(touched)}." if any(touched.values()) else ""
    return [*lines, *_sentences([part for part in (has, spent) if part], width)]


def nothing_to_do(plan: Plan, width: int, *, verb: str = "apply") -> list[Line]:
    """Return the two lines of a plan that changes nothing."""
    fleet, url = visible(plan.fleet), visible(plan.server.url)
    where = f", environment {visible(plan.environment)}," if plan.environment else ""
    told = f"No changes. {fleet}{where} on {url} is in sync with its manifest."
    if verb != "apply":
        does = "delete" if verb == "destroy" else verb
        named = " and you named" if verb == "forget" else ""
        told = f"Nothing to {does}: {url} has nothing that {fleet}{where} manages{named}."
    lines = list(paragraph(told, width))
    spent = f"Read with {counted(plan.requests.read, 'request')}."
    has = f"{_counted_roles(plan.totals)}." if any(plan.totals.values()) else ""
    return [*lines, *_sentences([part for part in (has, spent) if part], width)]


def _sentences(sentences: Sequence[str], width: int) -> list[Line]:
    """Return sentences in one line where they fit, else each in its own."""
    if cells(" ".join(sentences)) <= width:
        return [Line(" ".join(sentences))]
    return [line for sentence in sentences for line in paragraph(sentence, width, rest=_INDENT)]


def _counted_roles(roles: Mapping[str, int]) -> str:
    told = [counted(roles[role], role) for role in _ROLES if roles.get(role, 0)]
    told += [counted_objects(roles[key], key) for key in KINDS if roles.get(key, 0)]
    return ", ".join(told)


def refusal_lines(
    refusals: Sequence[Refusal], questions: Sequence[Refusal], width: int, *, verb: str = "apply"
) -> list[Line]:
    """Return what stands against the plan or has to be asked first, each with its ways out."""
    lines: list[Line] = []
    adoptions = [question for question in questions if question.guard == "adopt"]
    asks = f"{verb.capitalize()} asks before adopting (unattended: --adopt)" if adoptions else ""
    if len(refusals) == 1 and refusals[0].guard == "token-change" and asks:
        lines += paragraph(f"{asks} and refuses {visible(refusals[0].reason)}.", width)
        lines += _ways(refusals[0].ways_out, width)
        return lines
    if asks:
        lines += paragraph(f"{asks}.", width)
    for question in questions:
        if question.guard != "adopt":
            lines += paragraph(f"{verb.capitalize()} asks first: {_reason(question)}.", width, rest=_INDENT)
            lines += _ways(question.ways_out, width)
    by_guard: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_guard[refusal.guard].append(refusal)
    for alike in by_guard.values():
        shown = alike[:_MOST_REFUSALS] if len(alike) > _MOST_REFUSALS + 1 else alike
        for position, refusal in enumerate(shown):
            told = f"{verb.capitalize()} refuses this plan: {_reason(refusal)}."
            lines += paragraph(told, width, rest=_INDENT, is_fault=True)
            after = shown[position + 1].ways_out if position + 1 < len(shown) else None
            if refusal.ways_out != after:
                lines += _ways(refusal.ways_out, width)
        if len(shown) < len(alike):
            lines += _more(alike[len(shown) :], width, verb)
    return lines


def _reason(refusal: Refusal) -> str:
    where = str(refusal.mark) if refusal.mark is not None else ""
    # Where a way out names the place already, the reason does not have to.
    told = any(where in way.how for way in refusal.ways_out)
    return visible(refusal.reason) + (f" ({visible(where)})" if where and not told else "")


def _more(alike: Sequence[Refusal], width: int, verb: str) -> Iterator[Line]:
    names = [visible(address.name) for refusal in alike for address in refusal.addresses[:1]]
    text = f"{verb.capitalize()} refuses it for {counted(len(alike), 'more such reason')}"
    if names:
        text += f": {names_within(names, 4 * width)[0]}"
    yield from paragraph(f"{text}.", width, rest=_INDENT, is_fault=True)


def _ways(ways: Sequence[WayOut], width: int) -> Iterator[Line]:
    if not ways:
        return
    column = max(cells(visible(way.aim)) for way in ways) + len(_INDENT) + 2
    for way in ways:
        aim, how = visible(way.aim), visible(way.how)
        if column + cells(how) <= width or (column <= width // 2 and not way.is_command):
            pieces = wrap(how, width - column)
            yield Line(pad(_INDENT + aim, column) + pieces[0])
            yield from (Line(" " * column + piece) for piece in pieces[1:])
        else:
            yield from paragraph(aim, width, first=_INDENT, rest=_INDENT)
            # A command in several lines could not be copied: the terminal breaks it.
            room = max(width, cells(how) + 3 * len(_INDENT)) if way.is_command else width
            yield from paragraph(how, room, first=_INDENT * 3, rest=_INDENT * 4)


def place_counts(plan: Plan, width: int) -> list[Line]:
    """Return how much happens to each kind of object and in each Country and State, without names."""
    lines = list(_kind_counts(plan.resources, width))
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for change in plan.changes:
        path = change.path[:-1] if change.role == "device" else change.path
        for depth in range(1, len(path) + 1):
            counts[path[:depth]][_what(change)] += 1
    for path in sorted(counts, key=_path_order):
        told = [f"{number(counts[path][what])} {what}" for what in _WHAT if counts[path][what]]
        lines += entry("", len(path) - 1, visible(path[-1]), ", ".join(told), width)
    return lines


def _kind_counts(resources: Sequence[ResourceChange], width: int) -> Iterator[Line]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for change in resources:
        counts[change.address.kind][_what(change)] += 1
    for key, told in counts.items():
        words = ", ".join(f"{number(told[what])} {what}" for what in _WHAT if told[what])
        yield from entry("", 0, KINDS[key].plural, words, width)


_WHAT = ("to adopt", "to add", "to change", "to move", "to rename", "to delete", "to forget")


def _what(change: Change | ResourceChange) -> str:
    if change.adopts:
        return "to adopt"
    if change.renamed_from is not None:
        return "to rename"
    if isinstance(change, Change) and change.moved_from is not None:
        return "to move"
    return {"create": "to add", "update": "to change", "destroy": "to delete", "forget": "to forget"}[
        change.action
    ]


def _path_order(path: Sequence[str]) -> list[object]:
    return [natural(name) for name in path]
