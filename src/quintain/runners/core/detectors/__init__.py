"""What tells from an answer whether an attack worked: one module a kind, a line each in `table`."""
