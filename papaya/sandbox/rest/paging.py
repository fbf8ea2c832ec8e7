"""Which page of a list a request asks for, and the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.query.pages import check_page, page_text
from papaya.sandbox.refusal import BAD_REQUEST, Refusal, broken, invalid
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_text
from papaya.sandbox.store.like import matches_any_case
from papaya.sandbox.store.validation import refuse_nul
from papaya.sandbox.wire import MOST_INT, dumps, whole_number

_PROPERTY = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class PageLink:
    """The part of a list that a request asks for, and its order."""

    size: int
    number: int
    text_search: str | None
    sort_property: str | None
    descending: bool
    # The code that the emulated version gives to what its database refuses.
    database_error: int = 46

    @property
    def offset(self) -> int:
        """The first row of the page."""
        return self.size * self.number

    @property
    def pattern(self) -> str:
        """The text to search for, as an operand of LIKE; without a search it matches every text."""
        return f"%{self.text_search or ''}%"


def is_paged(call: Call) -> bool:
    """Tell whether the request names a page."""
    return "pageSize" in call.query and "page" in call.query


def read_page_link(
    call: Call,
    *,
    by_parameter: bool = False,
    by_conditions: bool = False,
    words: tuple[str, str] | None = None,
) -> PageLink:
    """Return the request's page, or refuse as the emulated version does.

    `by_parameter` is for endpoints that name the missing parameter on every version. `by_conditions` is for
    endpoints that list their required parameters on every version. `words` are the messages for invalid
    bounds of a page.
    """
    if not is_paged(call):
        raise _no_page(call, by_parameter, by_conditions)
    size, number = _integer(call, "pageSize"), _integer(call, "page")
    check_page(size, number, words)
    order = (call.argument("sortOrder") or "ASC").upper()
    if order not in ("ASC", "DESC"):
        raise invalid(f"Unsupported sort order '{order}'! Only 'ASC' or 'DESC' types are allowed.")
    sort_property = call.argument("sortProperty")
    if sort_property is not None and _PROPERTY.fullmatch(sort_property) is None:
        raise invalid("Invalid sort property")
    refuse_nul(call.core.dialect, call.argument("textSearch"))
    return PageLink(
        size=size,
        number=number,
        text_search=call.argument("textSearch"),
        sort_property=sort_property,
        descending=order == "DESC",
        database_error=call.core.dialect.database_error,
    )


def _no_page(call: Call, by_parameter: bool, by_conditions: bool) -> Refusal:
    if not by_conditions and (by_parameter or call.core.dialect.missing_page_by_advice):
        name = "page" if "pageSize" in call.query else "pageSize"
        return broken(f"Required request parameter '{name}' for method parameter type int is not present")
    given = ", ".join(f"{name}={{{', '.join(values)}}}" for name, values in call.query.items())
    if call.path.startswith("/api/tenant/") and not by_conditions:
        # Such a request is taken for one about the tenant of that id.
        return invalid(f"Invalid UUID string: {call.path.rpartition('/')[2]}")
    message = f'Parameter conditions "pageSize, page" not met for actual request parameters: {given}'
    return Refusal(400, BAD_REQUEST, message, by_advice=False)


def _integer(call: Call, name: str) -> int:
    text = call.query[name][0]
    try:
        return whole_number(text, most=MOST_INT)
    except ValueError as error:
        dialect = call.core.dialect
        message = (
            f"Method parameter '{name}': Failed to convert value of type 'java.lang.String' to required type "
            f"'int'; {error}"
        )
        raise Refusal(*dialect.bad_enum, message) from error


def _first_column(row: tuple[Any, ...]) -> str:
    return str(row[0])


def order_by(link: PageLink, columns: Mapping[str, str], unique: Sequence[str] = ()) -> str:
    """Return the ORDER BY of a page: by id, or by a property and then by id.

    PostgreSQL puts nulls last in ascending order; SQLite puts them first unless told otherwise.
    """
    if link.sort_property is None:
        return "ORDER BY e.id"
    refuse_unknown_order(link, columns)
    column = columns[link.sort_property]
    direction = "DESC" if link.descending else "ASC"
    if link.sort_property in unique:
        return f"ORDER BY {column} {direction}"
    nulls = "FIRST" if link.descending else "LAST"
    return f"ORDER BY {column} {direction} NULLS {nulls}, e.id"


def refuse_unknown_order(link: PageLink, columns: Collection[str]) -> None:
    """Refuse an order that a list read whole does not have, as the server's database does."""
    if link.sort_property is not None and link.sort_property not in columns:
        raise Refusal(500, link.database_error, "Database error")


def page_of(
    link: PageLink,
    objects: Sequence[dict[str, Any]],
    name: str,
    columns: Collection[str],
    shown: Callable[[dict[str, Any]], object] = dict,
) -> Reply:
    """Return the page of a list of JSON objects that was read whole; a text is searched for in `name`."""
    refuse_unknown_order(link, columns)
    found = [each for each in objects if matches_any_case(each[name], link.pattern)]
    key = link.sort_property
    if key is not None:
        # Nulls come last in ascending order.
        found.sort(key=lambda each: (each[key] is None, each[key] or ""), reverse=link.descending)
    return page_reply(link, [(dumps(shown(each)),) for each in found])


def page_reply(
    link: PageLink, rows: Sequence[tuple[Any, ...]], text: Callable[[tuple[Any, ...]], str] = _first_column
) -> Reply:
    """Return the page of a list that was read whole; only the rows of the page are written as JSON."""
    part = [text(row) for row in rows[link.offset : link.offset + link.size]]
    return json_text(page_text(part, len(rows), link.size, link.number))
