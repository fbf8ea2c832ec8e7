"""The commands that lead out of a refusal, about the manifest, server and part that were asked about."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from papaya.engine.plan import Plan, Refusal, WayOut

_PROGRAM = "papaya "
_SCOPE = ("--target", "--exclude", "--only-tree", "--only-resources")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wrote beside the name of the command, word by word.

    `manifests` are paths, `options` say how to read them and which server is meant. `part` limits the command
    to a part of the fleet. `agreed` has an entry of words for each option that agrees to something.
    `plan_of` names the manifest of a saved plan, for commands that take no plan.
    """

    manifests: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    agreed: tuple[tuple[str, ...], ...] = ()
    plan_of: tuple[str, ...] = ()


def about_the_same(plan: Plan, asked: Asked) -> Plan:
    """Return the plan with ways out that are complete commands: copied, each is about what was asked.

    Without them `papaya plan city.yaml` would propose a command that changes the fleet of the folder.
    """
    return replace(
        plan,
        refusals=tuple(_complete(one, asked) for one in plan.refusals),
        questions=tuple(_complete(one, asked) for one in plan.questions),
    )


def _complete(refusal: Refusal, asked: Asked) -> Refusal:
    ways = (WayOut(one.aim, _command(one.how, asked)) if one.is_command else one for one in refusal.ways_out)
    return replace(refusal, ways_out=tuple(ways))


def _command(how: str, asked: Asked) -> str:
    command, _, rest = how.removeprefix(_PROGRAM).partition(" ")
    if command == "forget":
        named = asked.plan_of or tuple(word for path in asked.manifests for word in ("-f", path))
        return " ".join((_PROGRAM + command, rest, *_quoted((*named, *asked.options))))
    own = rest.split()
    said = [*asked.manifests, *asked.options]
    if not set(own) & set(_SCOPE):
        said += asked.part
    said += [word for words in asked.agreed if words[0] not in own for word in words]
    return " ".join((_PROGRAM + command, *_quoted(said), *([rest] if rest else [])))


def _quoted(words: Sequence[str]) -> Sequence[str]:
    return [shlex.quote(word) for word in words]
