"""`papaya schema`: the JSON Schemas that papaya ships."""

from __future__ import annotations

import click

SUFFIX = ".schema.json"


@click.command()
@click.argument("name", default="fleet", metavar="[NAME]")
def command(name: str) -> None:
    """Print the JSON Schema of the manifest.

    NAME is fleet (the manifest) or another document of papaya, such as plan. For completion in editors, begin
    a manifest with: # yaml-language-server: $schema=PATH
    """
    from papaya.errors import PapayaError
    from papaya.resources import locate

    known = sorted(
        entry.name.removesuffix(SUFFIX)
        for entry in locate("schemas").iterdir()
        if entry.name.endswith(SUFFIX)
    )
    if name not in known:
        raise PapayaError(f"there is no schema {name}", remedy=f"there is: {', '.join(known)}")
    click.echo(locate("schemas", name + SUFFIX).read_text(encoding="utf-8"), nl=False)
