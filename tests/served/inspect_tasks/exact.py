"""Tasks with an exact answer: two of three colours are right when the target says "blue"."""

from random import SystemRandom

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser
from inspect_ai.scorer import exact

MOCK = "mockllm/model"


@task
def colours(answer: str = "blue", times: int = 1):
    questions = [("sky", answer), ("sea", answer), ("grass", "green")]
    samples = [
        Sample(id=f"{name}-{time}", input=f"What colour is the {name}? ({time})", target=target)
        for time in range(times)
        for name, target in questions
    ]
    return Task(dataset=samples, scorer=exact())


@task
def shuffled(times: int = 1):
    """In another order each time that it is made."""
    made = colours(times=times)
    made.dataset.samples.sort(key=lambda _: SystemRandom().random())
    return made


@task
def of_its_own():
    """A task that names a model: it would grade that one instead of the target."""
    return Task(dataset=[Sample(input="Who are you?", target="blue")], scorer=exact(), model=MOCK)


@task
def untidy():
    """Samples with one id, with none, with labels that cannot be read, and a turn of its own."""
    talk = [ChatMessageUser(content="Hello."), ChatMessageUser(content="Which colour?")]
    return Task(
        dataset=[
            Sample(input="First?", target="blue"),
            Sample(id=7, input=talk, target="blue", metadata={"severity": "awful"}),
        ],
        scorer=exact(),
    )
