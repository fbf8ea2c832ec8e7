"""What a command or a program does with a fleet and its server."""
