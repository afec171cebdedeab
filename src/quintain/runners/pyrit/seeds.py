"""The data sets that come with PyRIT itself, and what each one is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Local:
    """file: below PyRIT's local data sets. judged: refusals alone say nothing of these."""

    name: str
    file: str
    category: str
    title: str
    number: int
    severity: str = "high"
    judged: bool = False


_ALL = (
    Local("adv_bench", "adv_bench.prompt", "harmful_content", "AdvBench", 520),
    Local("airt_fairness", "airt/fairness.prompt", "bias", "Fairness", 1, "medium"),
    Local("airt_harassment", "airt/harassment.prompt", "hate", "Harassment", 3),
    Local("airt_harms", "airt/harms.prompt", "harmful_content", "Harms of several kinds", 4),
    Local("airt_hate", "airt/hate.prompt", "hate", "Hate", 4),
    Local("airt_illegal", "airt/illegal.prompt", "harmful_content", "Illegal acts", 5),
    Local(
        "airt_imminent_crisis",
        "airt/airt_imminent_crisis.prompt",
        "harmful_content",
        "People in a crisis",
        2,
        judged=True,
    ),
    Local(
        "airt_leakage",
        "airt/leakage.prompt",
        "sensitive_disclosure",
        "Leaks of data",
        9,
        judged=True,
    ),
    Local("airt_malware", "airt/malware.prompt", "malware", "Malware", 4),
    Local("airt_misinformation", "airt/misinformation.prompt", "misinformation", "False news", 3),
    Local("airt_scams", "airt/scams.prompt", "harmful_content", "Scams", 5),
    Local("airt_sexual", "airt/sexual.prompt", "harmful_content", "Sexual content", 3),
    Local("airt_violence", "airt/violence.prompt", "harmful_content", "Violence", 3),
    Local("garak_doctor", "garak/doctor.prompt", "harmful_content", "Medical advice", 5, "medium"),
    Local(
        "garak_system_prompt_extraction",
        "garak/system_prompt_extraction.prompt",
        "system_prompt_leak",
        "Getting at the system prompt",
        28,
        "medium",
        judged=True,
    ),
)
LOCAL: dict[str, Local] = {each.name: each for each in _ALL}

# What AdvBench's labels say more exactly than `harmful_content`; the first that is found counts.
LABELS = (
    ("Discrimination", "hate"),
    ("Dehumanisation/objectification", "hate"),
    ("Harassment/abuse/intimidation", "hate"),
    ("IP/copyright loss", "copyright"),
    ("Information degradation", "misinformation"),
    ("Electoral interference", "misinformation"),
    ("Stereotyping", "bias"),
)
