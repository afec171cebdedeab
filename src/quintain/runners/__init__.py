"""What an engine's process runs: config in, one JSON event a line out.

A runner works in its engine's own virtual environment, where quintain is not installed. Hence
nothing here imports quintain, siblings are imported relatively, and `wire.py` and `asking.py` need
the standard library alone. One module (or package) an engine.
"""
