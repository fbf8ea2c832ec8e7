"""The desktop window of papaya: the sensors of a fleet, live. It imports papaya, never the reverse.

models    what is shown, as values and numpy columns; no Qt
sources   where readings come from, in threads of their own; no Qt
plots     curves over time
views     every other widget, and the window that holds them
station   what lives as long as a fleet is open, and the beat at which the views are brought up to date
"""
