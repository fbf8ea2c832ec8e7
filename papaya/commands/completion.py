"""`papaya completion`: the script that lets a shell complete papaya's command lines."""

from __future__ import annotations

import click

from papaya.command_line.completion import SHELLS, complete


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> int:
    """Print the script that completes papaya's commands in a shell.

    It completes commands, options, and the devices, places and environments of the manifest at hand. For
    bash, add eval "$(papaya completion bash)" to ~/.bashrc; for zsh the same with zsh to ~/.zshrc; for fish:
    papaya completion fish > ~/.config/fish/completions/papaya.fish
    """
    from papaya.cli import papaya

    return complete(papaya, f"{shell}_source")
