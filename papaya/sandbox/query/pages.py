"""Page links and page answers."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.sandbox.refusal import invalid


def check_page(size: int, number: int, words: tuple[str, str] | None = None) -> None:
    """Refuse a page that cannot be; `words` are of lists that have messages of their own."""
    if size < 1:
        of_size = f"Incorrect page link page size '{size}'. Page size must be greater than zero."
        raise invalid(words[0] if words else of_size)
    if number < 0:
        of_number = f"Incorrect page link page '{number}'. Page must be positive integer."
        raise invalid(words[1] if words else of_number)


def page_text(items: Sequence[str], total: int, size: int, number: int) -> str:
    """Return the JSON of one page whose items are already written."""
    pages = -(-total // size)
    following = "true" if total > size * number + len(items) else "false"
    return (
        f'{{"data":[{",".join(items)}],"totalPages":{pages},"totalElements":{total},"hasNext":{following}}}'
    )
