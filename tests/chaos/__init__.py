"""Trials of what goes wrong outside the library: kills, a full disk, a clock that steps, torn files, two runs at once.

Each module has one kind: trial(folder, seed) draws all from the seed, raises AssertionError where something is lost or not
said, and returns {"messages": how many, "kills": {what was hit: how often}}. bench/soak.py tries them by the hundred.
"""
