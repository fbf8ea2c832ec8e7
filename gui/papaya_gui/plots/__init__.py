"""Curves over time, with pyqtgraph."""
