"""The window's data, as values and numpy columns: nothing here imports Qt."""
