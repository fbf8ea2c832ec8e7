"""An import-linter contract: no modules import each other in a circle.

import-linter's own `acyclic_siblings` compares packages, so two folders that take from each other break it
though none of their modules do. This one compares modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class NoCircles(Contract):
    """Every module can be read without having read one that reads it; imports for type checking count."""

    type_name = "no_circles"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the circles."""
        found = [list(_ties(graph, circle)) for circle in circles(graph)]
        return ContractCheck(kept=not found, metadata={"circles": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each circle with the imports that tie it."""
        for ties in check.metadata["circles"]:
            modules = sorted({importer for importer, _, _ in ties})
            output.print_error(f"{len(modules)} modules import each other: {', '.join(modules)}")
            for _, imported, place in ties:
                output.print_error(f"  {place} imports {imported}", bold=False)
            output.new_line()
        output.print_error(
            "Move what they share into a module below them, or let one compose the others.", bold=False
        )


def circles(graph: ImportGraph) -> list[list[str]]:
    """Return every largest set of modules each of which imports all others, perhaps through others."""
    above = {module: graph.find_upstream_modules(module) for module in graph.modules}
    seen: set[str] = set()
    found = []
    for module in sorted(graph.modules):
        circle = sorted({module, *(one for one in above[module] if module in above[one])})
        if len(circle) > 1 and module not in seen:
            seen.update(circle)
            found.append(circle)
    return found


def _ties(graph: ImportGraph, circle: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield importer, imported and `file:line` of the imports among the modules of a circle."""
    for importer in circle:
        for imported in sorted(graph.find_modules_directly_imported_by(importer) & set(circle)):
            details = graph.get_import_details(importer=importer, imported=imported)
            line = details[0]["line_number"] if details else 1
            yield importer, imported, f"{file_of(importer)}:{line}"


def file_of(module: str) -> str:
    """Return the file of a module, from this folder on where it is below it."""
    root, *names = module.split(".")
    spec = find_spec(root)
    places = (spec.submodule_search_locations if spec is not None else None) or [root]
    path = Path(places[0], *names)
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
