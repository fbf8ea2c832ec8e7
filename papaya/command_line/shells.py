"""The scripts by which bash, zsh and fish complete papaya's command lines, and what each of them inserts."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import Final

from click import shell_completion
from click.shell_completion import CompletionItem, split_arg_string

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line
    COMPREPLY=()
    while read -r line; do
        case "$line" in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
        COMP_TYPED="${COMP_LINE:0:COMP_POINT}" COMP_CURRENT="${COMP_WORDS[COMP_CWORD]}" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    [[ ${COMPREPLY[0]} == *[/=] && ${#COMPREPLY[@]} -eq 1 ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
# `compset` takes the option off --target=NAME, `-i` puts it back.
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local type key help
    local -a plain described answer
    answer=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")
    compset -P '--[^=]#='
    for type key help in "${(@)answer}"; do
        case "$type" in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) if [[ "$help" == _ ]]; then plain+=("$key"); else described+=("$key:$help"); fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -i "$IPREFIX" -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef %(complete_func)s %(prog_name)s
fi
"""
_FISH = """\
function %(complete_func)s
    set -l option (string match --regex -- '^--[^=]+=' (commandline -ct))
    for answer in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \\
            COMP_CWORD=(commandline -ct) %(prog_name)s 2>/dev/null)
        set -l parts (string split --max 1 "," -- $answer)
        switch $parts[1]
            case dir file
                for path in (__fish_complete_path "$parts[2]")
                    printf '%%s\\n' "$option$path"
                end
            case plain
                printf '%%s\\n' "$option$parts[2]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""
_OPTION: Final = re.compile(r"--[^=]+=")
_SPECIAL: Final = frozenset(" \t'\"\\$`&|;<>()*?[]{}!#~")
_IN_QUOTES: Final[dict[str, frozenset[str]]] = {"'": frozenset(), '"': frozenset('"\\$`')}
# Ends what is typed, so that a word that is not finished is told from a blank after one that is.
_CURSOR: Final = "\x00"


class Bash(shell_completion.BashComplete):
    """Completion in bash: names with blanks, commas, colons and quotes in them arrive as one word."""

    source_template = _BASH

    def source(self) -> str:
        """Return the script, without asking bash for its version."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor and the word at it; bash ends words at `:` and `=` too."""
        typed = os.environ.get("COMP_TYPED")
        if not typed:
            return super().get_completion_args()
        *words, last = _words(typed)
        return words[1:], last

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the candidate as bash has to insert it."""
        if item.type != "plain":
            return f"{item.type},{item.value}"
        option, length, special = self._replaced
        value = item.value if item.value.startswith("--") else option + item.value
        return "plain," + "".join("\\" + sign if sign in special else sign for sign in value[length:])

    @cached_property
    def _replaced(self) -> tuple[str, int, frozenset[str]]:
        """Return the `--option=` before the value, how much bash keeps of the word, and what to escape."""
        if not os.environ.get("COMP_TYPED"):
            return "", 0, _SPECIAL
        current, incomplete = os.environ.get("COMP_CURRENT", ""), self.get_completion_args()[1]
        option = _OPTION.match(incomplete)
        replaced = "" if current in (":", "=") else _words(current)[-1]
        special = _IN_QUOTES.get(current[:1], _SPECIAL)
        return option[0] if option else "", len(incomplete) - len(replaced), special


class Zsh(shell_completion.ZshComplete):
    """Completion in zsh: values of --target=NAME too."""

    source_template = _ZSH


class Fish(shell_completion.FishComplete):
    """Completion in fish: names with commas in them arrive whole, and values of --target=NAME too."""

    source_template = _FISH


def _words(typed: str) -> list[str]:
    *words, last = split_arg_string(typed + _CURSOR)
    return [*words, last.removesuffix(_CURSOR)]
