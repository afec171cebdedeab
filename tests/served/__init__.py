"""For tests of the whole: a real server process, and a target that does what a test tells it."""
