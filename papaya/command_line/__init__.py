"""What every command has of the command line and the terminal: help, completion, color, progress."""
