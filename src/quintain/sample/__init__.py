"""A small chatbot to register, call and test before one has a target of one's own.

It is a stranger to the rest of quintain on purpose: a process of its own, with its own key and its
own format, reached like any other target. It calls no language model, so its answers never vary.
"""
