"""The type of options that take numbers: finite and in range, or refused before anything is done."""

from __future__ import annotations

import click

from papaya.foreign import LARGEST, ForeignValue, number_in


class Number(click.ParamType[float]):
    """A finite number from `least` to `most`, written with a decimal point; `above` excludes `least`.

    click's own FLOAT takes `nan`, `inf` and `1e999`, and its FloatRange lets `nan` pass every bound.
    """

    name = "number"

    def __init__(self, least: float = -LARGEST, most: float = LARGEST, *, above: bool = False) -> None:
        self.least = least
        self.most = most
        self.above = above

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; a usage error says what is wrong with another text."""
        try:
            number = float(number_in(str(value), least=self.least, most=self.most, what="it"))
        except ForeignValue as error:
            self.fail(error.message, param, ctx)
        if self.above and number == self.least:
            self.fail(f"it must be more than {self.least:g}", param, ctx)
        return number


def duration(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds that a text such as 30s, 5m, 1h or 2d says."""
    from papaya.errors import SettingsError
    from papaya.settings.model import Given
    from papaya.settings.quantities import seconds

    if value is None:
        return None
    try:
        return seconds(Given(value, parameter.opts[-1]), least=0)
    except SettingsError as error:
        raise click.BadParameter(f"{value!r} is not a duration such as 30s, 5m or 1h") from error
