"""The platform's red-team tasks, as its official SDK asks for them, made of runs."""
