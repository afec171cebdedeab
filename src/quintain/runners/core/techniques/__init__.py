"""How a goal is put: each technique makes the turns of an attempt from a goal and a seed.

Pure functions: the same goal and seed, the same turns, on any machine.
"""
