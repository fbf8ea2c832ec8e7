"""What `papaya show` shows of a run: the tree, or the devices that pass filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from papaya.engine.address import Address
from papaya.engine.inventory import Entity
from papaya.engine.meaning import in_full
from papaya.engine.naming import Known
from papaya.engine.scope import RunScope
from papaya.manifest.model import Json
from papaya.render.devices import Filters, Order, devices_text, filtered, ordered
from papaya.render.tree import Shown, ShownObject, fleet_tree, tree_json
from papaya.runs.alarms import severities_by_device
from papaya.runs.meant import Meant
from papaya.runs.run import Run
from papaya.runs.showing import Placed, objects_shown_by, shown_by

Alarms = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class View:
    """A run, the targets that are meant, the filters and the order; it reads activity anew each time."""

    run: Run
    targets: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    order: Order | None = None

    def text(self, *, width: int, color: bool, full: bool = False) -> str:
        """Return the tree, or with filters or an order a table of devices."""
        meant = self._meant()
        shown = self._shown(meant)
        fleet, where = self.run.fleet.name, self.run.session.url
        if self.filters or self.order:
            alarms = self._alarms(shown)
            now = self.run.session.server_time()
            return devices_text(
                self._chosen(shown, alarms),
                of=sum(one.role == "device" for one in shown),
                heading=f"{fleet} on {where}",
                alarms=alarms,
                now=now,
                width=width,
                color=color,
                full=full,
            )
        return fleet_tree(
            shown,
            fleet=fleet,
            server=where,
            width=width,
            color=color,
            full=full,
            objects=self._objects(meant),
        )

    def document(self) -> dict[str, Json]:
        """Return the same as a document; with filters or an order it has the devices that are meant alone."""
        meant = self._meant()
        shown = self._shown(meant)
        is_list = bool(self.filters or self.order)
        if is_list:
            shown = self._chosen(shown, self._alarms(shown))
        return tree_json(
            shown,
            fleet=self.run.fleet.name,
            server=self.run.session.url,
            objects=() if is_list else self._objects(meant),
            in_order=is_list,
        )

    def _meant(self) -> tuple[RunScope, Sequence[Known]]:
        """Return what the targets mean, with everything that has a name; nothing without targets."""
        if not self.targets:
            return RunScope(), ()
        scope = RunScope(targets=self.targets)
        known = list(self.run.known(scope))
        return in_full(scope, known), known

    def _objects(self, meant: tuple[RunScope, Sequence[Known]]) -> list[ShownObject]:
        """Return the objects beside the tree that are meant, by the manifest's name or the server's."""
        objects = objects_shown_by(self.run)
        scope, _ = meant
        if not scope:
            return objects

        def is_meant(one: ShownObject) -> bool:
            names = {one.name, one.applied_as or one.name}
            return scope.covers_any([((), Address(one.kind, name)) for name in names])

        return [one for one in objects if is_meant(one)]

    def _shown(self, meant_by: tuple[RunScope, Sequence[Known]]) -> list[Shown]:
        scope, known = meant_by
        if not scope:
            return shown_by(self.run)
        names = {name[1]: one.names for one in known for name in one.names}

        def chosen(placed: Sequence[Placed]) -> list[Placed]:
            meant = [_is_meant(path, entity, scope, names) for path, entity in placed]
            # With the places above, so that each says where it is.
            above = {
                path[:depth]
                for (path, _), is_meant in zip(placed, meant, strict=True)
                if is_meant
                for depth in range(1, len(path) + 1)
            }
            return [
                (path, entity)
                for (path, entity), is_meant in zip(placed, meant, strict=True)
                if is_meant or (entity.role != "device" and path in above)
            ]

        return shown_by(self.run, chosen)

    def _chosen(self, shown: Sequence[Shown], alarms: Alarms) -> list[Shown]:
        now = self.run.session.server_time()
        return ordered(filtered(shown, self.filters, alarms, now), self.order or "place", alarms)

    def _alarms(self, shown: Sequence[Shown]) -> Alarms:
        ids = {
            entity.address.name: entity.id for entity in self.run.reading.inventory if entity.role == "device"
        }
        devices = [Meant(one.name, ids.get(one.name)) for one in shown if one.role == "device"]
        return severities_by_device(self.run.session, devices, self.run.observer)


def _is_meant(
    path: tuple[str, ...],
    entity: Entity,
    scope: RunScope,
    names: Mapping[Address, Sequence[tuple[tuple[str, ...], Address]]],
) -> bool:
    """Return whether an entity is meant, by any of its names."""
    return scope.covers_any([(path, entity.address), *names.get(entity.address, ())])
