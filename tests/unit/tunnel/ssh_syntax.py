"""What ssh and sshd make of their texts, by their own rules: ssh_config(5) and sshd(8).

Written from those pages and from nothing of papaya, so that a shared mistake shows.
"""

from __future__ import annotations

import re


def words_of(text: str) -> list[str]:
    """Split a value of ssh's configuration: by blanks, with quotation marks; a # outside of them ends it."""
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        if text[at] == "#":
            break
        word, quote = "", ""
        while at < len(text) and (quote or text[at] not in " \t"):
            character = text[at]
            if character == "\\" and text[at + 1 : at + 2] in {'"', "'", "\\"}:
                word, at = word + text[at + 1], at + 2
                continue
            if quote and character == quote:
                quote = ""
            elif not quote and character in "\"'":
                quote = character
            else:
                word += character
            at += 1
        assert not quote, text
        words.append(word)
    return words


def file_of(option: str) -> tuple[str, str]:
    """Return the keyword and the one file of `Keyword=value`, with tokens replaced."""
    keyword, _, value = option.partition("=")
    (path,) = words_of(value)
    assert "${" not in path, "a variable that would be expanded"
    assert not path.startswith("~")
    for found in re.finditer("%(.?)", path):
        assert found[1] == "%", f"a token that would be expanded: {path}"
    return keyword, path.replace("%%", "%")


def authorized(line: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the options of a line of authorized_keys, and what follows: kind, key, words of the comment."""
    options: list[tuple[str, str]] = []
    rest = line
    while True:
        found = re.match(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\")*)")?', rest)
        assert found, line
        options.append((found[1], found[2] or ""))
        rest = rest[found.end() :]
        if rest.startswith(" "):
            return options, rest.split()
        assert rest.startswith(","), line
        rest = rest[1:]
