"""AgentDojo's own benchmark, by its own client, for ours to be held against: run in its environment.

`agentdojo_own.py BASE_URL KEY MODEL SUITE USER_TASKS INJECTION_TASKS`, the tasks with commas.
Prints {"user task/injection task": [utility, security]}, the user tasks alone with "" for the other.
"""

import json
import sys
import tempfile

import openai
from agentdojo.agent_pipeline.agent_pipeline import AgentPipeline, PipelineConfig
from agentdojo.agent_pipeline.llms.openai_llm import OpenAILLM
from agentdojo.attacks import load_attack
from agentdojo.benchmark import run_task_with_injection_tasks, run_task_without_injection_tasks
from agentdojo.logging import OutputLogger
from agentdojo.task_suite.load_suites import get_suite


def pipeline_to(url, key, model):
    llm = OpenAILLM(openai.OpenAI(base_url=url, api_key=key), model)
    llm.name = "local"
    config = PipelineConfig(
        llm=llm, model_id=None, defense=None, system_message_name=None, system_message=None
    )
    return AgentPipeline.from_config(config)


def benchmark(pipeline, name, users, injections):
    suite = get_suite("v1.2.2", name)
    attack = load_attack("important_instructions", suite, pipeline)
    found = {}
    for user in users:
        task = suite.get_user_task_by_id(user)
        useful, _ = run_task_without_injection_tasks(suite, pipeline, task, None, True)
        found[f"{user}/"] = [useful, False]
        utility, security = run_task_with_injection_tasks(
            suite, pipeline, task, attack, None, True, injections
        )
        found |= {"/".join(key): [utility[key], security[key]] for key in utility}
    return found


def main():
    url, key, model, name, users, injections = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, OutputLogger(folder):
        told = benchmark(
            pipeline_to(url, key, model), name, users.split(","), injections.split(",")
        )
    print("RESULT" + json.dumps(told))


main()
