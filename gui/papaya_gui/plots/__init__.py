"""Curves over time: the picture that the models describe, drawn and handled; paths are made by pyqtgraph."""
