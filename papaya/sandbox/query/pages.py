"""Page links and page answers."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.sandbox.refusal import invalid


def check_page(size: int, number: int) -> None:
    """Refuse a page that cannot be."""
    if size < 1:
        raise invalid(f"Incorrect page link page size '{size}'. Page size must be greater than zero.")
    if number < 0:
        raise invalid(f"Incorrect page link page '{number}'. Page must be positive integer.")


def page_text(items: Sequence[str], total: int, size: int, number: int) -> str:
    """Return the JSON of one page whose items are already written."""
    pages = -(-total // size)
    following = "true" if total > size * number + len(items) else "false"
    return (
        f'{{"data":[{",".join(items)}],"totalPages":{pages},"totalElements":{total},"hasNext":{following}}}'
    )
