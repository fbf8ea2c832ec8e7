"""The program on the device: reads sensors, keeps every reading until the server has it, answers calls."""
