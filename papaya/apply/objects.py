"""One change of an object beside the tree: the conversation of its kind, and the mark after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from papaya.apply.steps import Context, Stepping
from papaya.engine.plan import ResourceChange
from papaya.engine.resource_diff import record_of, to_write, writes_object
from papaya.errors import PapayaError, UnexpectedReply
from papaya.kinds.kind import (
    Origin,
    id_in,
)
from papaya.kinds.mark import marking, unmarking
from papaya.kinds.registry import KINDS
from papaya.kinds.request import Conversation, Request
from papaya.kinds.resource import Applied, Desired, Fields, Live
from papaya.manifest.model import Json

Result = TypeVar("Result")


class ObjectSteps(Stepping):
    """Carries out one change of an object, and knows which steps the server has confirmed."""

    def __init__(self, context: Context, change: ResourceChange) -> None:
        super().__init__(context, change.address)
        self._change = change
        self._kind = KINDS[change.address.kind]
        self._tenant = context.plan.server.tenant

    def carry_out(self) -> None:
        """Do it all, or raise what stands against it."""
        change = self._change
        if change.action == "destroy":
            self._delete(_live(change))
        elif change.action == "forget":
            live = _live(change)
            if change.fields:
                wanted = to_write(change, Desired(live.address, {}))
                self._converse(self._kind.update(wanted, live, self._context.id_of))
            self._converse(self._kind.release(live))
            self._send(unmarking(self._tenant, self._kind.entity_type, live.id, self._kind.part))
        else:
            self._save(_desired(change))

    def _save(self, desired: Desired) -> None:
        change, kind, context = self._change, self._kind, self._context
        live = change.live
        if live is not None:
            context.learn(change.address, live.id)
        if not writes_object(change) and live is not None:
            fields = live.fields
            record = (
                self._kept(desired, live) if fields is None else self._record(desired, live.version, fields)
            )
            self._mark(live.id, record, desired)
            return
        wanted = to_write(change, desired)
        origin = Origin(context.plan.fleet, context.run)
        self._begin_others(desired, origin)
        if live is None:
            row = self._converse(kind.create(wanted, origin, context.id_of))
        else:
            row = self._converse(kind.update(wanted, live, context.id_of))
        # A change of what cannot change makes a new object in the place of the old one.
        id_ = id_in(dict(row)) or (live.id if live is not None else None)
        if id_ is None:
            raise UnexpectedReply(f"the answer to a save of {change.address} has no id")
        context.learn(change.address, id_)
        details = tuple(self._send(request) for request in kind.details(id_))
        facts = self._converse(kind.facts([row]))
        if facts is not None:
            details = (*details, facts)
        fields = kind.fields(row, details, context.name_of)
        self._mark(id_, self._record(desired, kind.version(row), fields), desired)

    def _begin_others(self, desired: Desired, origin: Origin) -> None:
        """Create what an object names and this run creates only later: the two go in a circle.

        A profile names a dashboard, the dashboard its devices, and the devices their profile.
        """
        context = self._context
        for address in desired.references:
            kind = KINDS.get(address.kind)
            if kind is None or not kind.may_be_begun or address not in context.to_come:
                continue
            # Two objects that name it must not both create it.
            with context.beginning:
                if not context.knows(address):
                    row = self._converse(kind.begin(address.name, origin))
                    context.learn(address, id_in(dict(row)) or "")

    def _record(self, desired: Desired, version: int | None, fields: Fields) -> Applied:
        with self._context.lock:
            return record_of(desired, version, fields, self._context.ids)

    def _kept(self, desired: Desired, live: Live) -> Applied:
        """Return the record of an object that was not read because nothing has moved."""
        known = live.applied or Applied(desired.address.name)
        return replace(known, name=desired.address.name, version=live.version)

    def _delete(self, live: Live) -> None:
        kind, tenant = self._kind, self._tenant
        if not kind.mark_outlives_it:
            self._converse(kind.delete(live))
            if kind.is_part:
                # What it was a part of stays, and with it the mark.
                self._send(unmarking(tenant, kind.entity_type, live.id, kind.part))
            return
        self._send(unmarking(tenant, kind.entity_type, live.id, kind.part))
        try:
            self._converse(kind.delete(live))
        except PapayaError:
            # It is still there and still ours: without its mark it would be nobody's.
            if live.owner is not None and live.applied is not None:
                again = marking(
                    tenant, kind.entity_type, live.id, live.owner, live.applied, protect=live.protect
                )
                self._send(again)
            raise

    def _mark(self, id_: str, applied: Applied, desired: Desired) -> None:
        fleet = self._context.plan.fleet
        kind = self._kind
        self._send(
            marking(
                self._tenant, kind.entity_type, id_, fleet, applied, protect=desired.protect, part=kind.part
            )
        )

    def _with_secrets(self, request: Request) -> Request:
        body = request.body
        for path, reference in request.secrets.items():
            body = _put(body, path, self._context.resolve(reference))
        return replace(request, body=body, secrets={}) if request.secrets else request

    def _converse(self, conversation: Conversation[Result]) -> Result:
        proceed: Callable[[], Request] = lambda: next(conversation)  # noqa: E731
        try:
            while True:
                request = proceed()
                try:
                    answer = self._send(request)
                except PapayaError as error:
                    proceed = _thrower(conversation, error)
                else:
                    proceed = _sender(conversation, answer)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _send(self, request: Request) -> Json:
        request = self._with_secrets(request)
        if not request.step:
            return self._context.writer.send(request)
        with self._step(request.step):
            return self._context.writer.send(request)


def _put(value: Json, path: tuple[str, ...], secret: str) -> Json:
    """Return a value with a secret at a path in it."""
    if not path:
        return secret
    members = value if isinstance(value, dict) else {}
    return {**members, path[0]: _put(members.get(path[0]), path[1:], secret)}


def _sender(conversation: Conversation[Result], answer: Json) -> Callable[[], Request]:
    return lambda: conversation.send(answer)


def _thrower(conversation: Conversation[Result], error: PapayaError) -> Callable[[], Request]:
    return lambda: conversation.throw(error)


def _desired(change: ResourceChange) -> Desired:
    if change.desired is None:
        raise AssertionError(f"{change.address} has no desired form")
    return change.desired


def _live(change: ResourceChange) -> Live:
    if change.live is None:
        raise AssertionError(f"{change.address} was not read")
    return change.live
