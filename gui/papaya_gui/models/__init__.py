"""What the window shows, as values and numpy columns: nothing here imports Qt."""
