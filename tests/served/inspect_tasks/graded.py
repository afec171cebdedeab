"""Tasks that a judge grades, and one that calls a tool."""

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, accuracy, includes, model_graded_qa, scorer
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import tool


@task
def graded():
    samples = [Sample(id=n, input=f"Question {n}?", target="A polite answer.") for n in (1, 2)]
    return Task(dataset=samples, scorer=model_graded_qa())


@scorer(metrics=[accuracy()])
def by_hand():
    async def score(state, target):
        said = await get_model(role="grader").generate(f"Is this blue? {state.output.completion}")
        return Score(value="C" if "yes" in said.completion else "I")

    return score


@task
def graded_by_hand():
    """Nothing but running it tells that it asks a judge."""
    return Task(dataset=[Sample(input="Which colour?", target="blue")], scorer=by_hand())


@tool
def add():
    async def execute(x: int, y: int) -> str:
        """Adds two numbers.

        Args:
            x: One number.
            y: The other.
        """
        return f"The sum is {x + y}"

    return execute


@task
def sums():
    samples = [Sample(input="What is 2 and 40?", target="42")]
    return Task(dataset=samples, solver=[use_tools(add()), generate()], scorer=includes())
