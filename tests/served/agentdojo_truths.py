"""Prints what solves each task of AgentDojo, by AgentDojo's own word: run in its environment.

{suite: {"users": {prompt: {"calls": [...], "answer": text}}, "goals": {goal: [calls]}}}
"""

import json

from agentdojo.task_suite.load_suites import get_suites


def calls(task, world):
    return [{"name": c.function, "arguments": dict(c.args)} for c in task.ground_truth(world)]


def truths(suite):
    users = {}
    for task in suite.user_tasks.values():
        world = task.init_environment(suite.load_and_inject_default_environment({}))
        users[task.PROMPT] = {"calls": calls(task, world), "answer": task.GROUND_TRUTH_OUTPUT}
    world = suite.load_and_inject_default_environment({})
    goals = {task.GOAL: calls(task, world) for task in suite.injection_tasks.values()}
    return {"users": users, "goals": goals}


if __name__ == "__main__":
    print(json.dumps({name: truths(suite) for name, suite in get_suites("v1.2.2").items()}))
