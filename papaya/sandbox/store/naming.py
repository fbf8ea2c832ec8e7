"""New entities: whether the tenant may have another one, and which name it gets."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from papaya.sandbox.refusal import Refusal
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import NORMAL_NAMES, count, find_by_name


@dataclass(frozen=True, slots=True)
class NameConflict:
    """The policy for a name that is taken, since 4.3; the default refuses it."""

    uniquify: bool = False
    separator: str = "_"
    incremental: bool = False


REFUSE_CONFLICTS = NameConflict()


def check_limit(core: Core, kind: str) -> None:
    """Refuse one more entity of a kind than the tenant may have."""
    limit = core.most(kind)
    if not limit or (count_users(core) if kind == "USER" else count(core, kind)) < limit:
        return
    dialect = core.dialect
    extra: dict[str, object] = {}
    if dialect.limit[1] != 31:
        extra = {"entityType": kind, "limit": limit}
    message = f"{NORMAL_NAMES[kind]}s limit reached"
    raise Refusal(*dialect.limit, message, extra=extra)


def count_users(core: Core) -> int:
    """Return how many users the tenant has; the system administrator is not one of them."""
    rows = core.store.rows("SELECT count(*) FROM entity WHERE kind = 'USER' AND type != 'SYS_ADMIN'")
    return int(rows[0][0])


def free_name(core: Core, kind: str, name: str, conflict: NameConflict) -> str:
    """Return the name; if it is taken and the request allows it, return it with a suffix."""
    if not conflict.uniquify or find_by_name(core, kind, name) is None:
        return name
    attempt = 0
    while True:
        attempt += 1
        random_tail = "".join(secrets.choice(string.ascii_letters) for _ in range(6))
        tail = str(attempt) if conflict.incremental else random_tail
        candidate = f"{name}{conflict.separator}{tail}"
        if find_by_name(core, kind, candidate) is None:
            return candidate
