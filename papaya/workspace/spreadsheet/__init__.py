"""From a table of devices to a manifest: reads it, guesses its columns, derives places, writes the text."""
