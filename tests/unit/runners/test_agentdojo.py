"""What of the AgentDojo runner works without AgentDojo: its options, and what a case means."""

import pytest

from quintain.runners.agentdojo import plan
from quintain.runners.agentdojo.choosing import ATTACKS, SUITES, Choice, Refused
from quintain.runners.agentdojo.harms import harm


def test_without_options_all_suites_and_the_usual_attack_are_meant():
    assert Choice.of({}) == Choice(SUITES, ("important_instructions",), None, None, utility=True)


def test_names_come_alone_or_in_lists_and_leave_in_one_order():
    choice = Choice.of({"suites": ["slack", "workspace"], "attack": "direct", "defense": "none"})
    assert choice.suites == ("workspace", "slack")
    assert choice.attacks == ("direct",)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"suites": ["banking", "zoo"]}, "options.suites must be some of workspace"),
        ({"suites": []}, "options.suites"),
        ({"suites": [[]]}, "options.suites"),
        ({"attack": "manual"}, "options.attack"),
        ({"attack": "dos"}, "options.attack"),
        ({"user_tasks": 0}, "options.user_tasks must be a whole number"),
        ({"injection_tasks": True}, "options.injection_tasks"),
        ({"utility": "no"}, "options.utility must be true or false"),
        ({"defense": "tool_filter"}, "options.defense must be none"),
        ({"suite": "banking"}, "options.suite is not known; there are suites"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(options, told):
    with pytest.raises(Refused) as refused:
        Choice.of(options)
    assert str(refused.value).startswith(told)


def test_a_plan_with_a_wrong_option_is_none(config):
    with pytest.raises(Refused, match=r"options\.attack must be some of"):
        list(plan(config(attack="manual")))


@pytest.fixture
def config(tmp_path):
    from quintain.runners.wire import Config, Target

    def config(**options):
        return Config(1, 0, "http://127.0.0.1:1/v1", Target("m"), tmp_path, options=options)

    return config


def test_no_attack_is_one_that_asks_a_person_or_only_stops_the_agent():
    assert not {"manual", "dos", "captcha_dos"} & set(ATTACKS)


def test_each_injection_has_a_harm_and_one_that_is_new_the_usual():
    assert harm("banking", 7) == ("identity_abuse", "critical")
    assert harm("travel", 6) == ("goal_hijack", "low")
    assert harm("workspace", 99) == harm("zoo", 0) == ("goal_hijack", "medium")
