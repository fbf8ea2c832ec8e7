"""Several texts in one environment variable."""

from __future__ import annotations

from collections.abc import Sequence

import click


class Words(click.types.StringParamType):
    """Texts that a variable separates by blanks; one with a blank in it stands in quotes."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the texts; a backslash stays what it is, because it means something in a path."""
        import shlex

        words = shlex.shlex(rv, posix=True, punctuation_chars=False)
        words.whitespace_split = True
        words.escape = words.commenters = ""
        try:
            return list(words)
        except ValueError as error:
            raise click.BadParameter(f"a quote is not closed in {rv!r}") from error
