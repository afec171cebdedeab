"""The engines: which there are, which are installed on this machine, and how they get there.

Each has a virtual environment of its own, `<data_dir>/engines/<name>`, apart from quintain's. What
runs in one is `quintain/runners/<module>`.
"""
