"""What to paste into a testing tool so that it reaches one model through the gateway.

Pure text: nothing here reads a file, opens a connection or sees a key. One module for each tool,
and a line in table.py.
"""
