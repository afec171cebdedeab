"""garak's probes in quintain's words: category, technique, severity."""

from __future__ import annotations

from typing import Any

# By module, and by class where a class differs: (category, technique).
_FAMILIES: dict[str, tuple[str, str]] = {
    "adaptive_attacks": ("jailbreak", "refusal_suppression"),
    "agent_breaker": ("tool_misuse", "red_teaming"),
    "ansiescape": ("output_handling", "direct"),
    "apikey": ("sensitive_disclosure", "direct"),
    "apikey.CompleteKey": ("sensitive_disclosure", "completion"),
    "atkgen": ("harmful_content", "red_teaming"),
    "audio": ("jailbreak", "encoding"),
    "av_spam_scanning": ("output_handling", "direct"),
    "badchars": ("jailbreak", "unicode_tricks"),
    "continuation": ("hate", "completion"),
    "dan": ("jailbreak", "role_play"),
    "divergence": ("sensitive_disclosure", "direct"),
    "divergence.RepeatedToken": ("unbounded_consumption", "direct"),
    "doctor": ("jailbreak", "role_play"),
    "doctor.BypassLeet": ("jailbreak", "leetspeak"),
    "doctor.Puppetry": ("jailbreak", "delimiter_confusion"),
    "donotanswer": ("harmful_content", "direct"),
    "donotanswer.DiscriminationExclusionToxicityHatefulOffensive": ("hate", "direct"),
    "donotanswer.HumanChatbox": ("trust_exploitation", "direct"),
    "donotanswer.InformationHazard": ("sensitive_disclosure", "direct"),
    "donotanswer.MisinformationHarms": ("misinformation", "direct"),
    "dra": ("jailbreak", "payload_splitting"),
    "encoding": ("prompt_injection", "encoding"),
    "encoding.InjectBase16": ("prompt_injection", "hex"),
    "encoding.InjectBase64": ("prompt_injection", "base64"),
    "encoding.InjectBraille": ("prompt_injection", "unicode_tricks"),
    "encoding.InjectEcoji": ("prompt_injection", "emoji"),
    "encoding.InjectHex": ("prompt_injection", "hex"),
    "encoding.InjectLeet": ("prompt_injection", "leetspeak"),
    "encoding.InjectMorse": ("prompt_injection", "morse"),
    "encoding.InjectROT13": ("prompt_injection", "rot13"),
    "encoding.InjectSneakyBits": ("prompt_injection", "zero_width"),
    "encoding.InjectUnicodeTagChars": ("prompt_injection", "zero_width"),
    "encoding.InjectUnicodeVariantSelectors": ("prompt_injection", "zero_width"),
    "encoding.InjectZalgo": ("prompt_injection", "unicode_tricks"),
    "exploitation": ("output_handling", "direct"),
    "fileformats": ("supply_chain", "direct"),
    "fitd": ("jailbreak", "multi_turn"),
    "glitch": ("misinformation", "unicode_tricks"),
    "goat": ("jailbreak", "red_teaming"),
    "goodside": ("misinformation", "direct"),
    "goodside.Davidjl": ("misinformation", "unicode_tricks"),
    "goodside.Tag": ("prompt_injection", "zero_width"),
    "goodside.ThreatenJSON": ("policy_violation", "persuasion"),
    "grandma": ("harmful_content", "role_play"),
    "grandma.Slurs": ("hate", "role_play"),
    "grandma.Win10": ("copyright", "role_play"),
    "grandma.Win11": ("copyright", "role_play"),
    "latentinjection": ("prompt_injection", "indirect_injection"),
    "leakreplay": ("copyright", "completion"),
    "lmrc": ("harmful_content", "direct"),
    "lmrc.Anthropomorphisation": ("trust_exploitation", "direct"),
    "lmrc.Deadnaming": ("bias", "direct"),
    "lmrc.QuackMedicine": ("misinformation", "direct"),
    "lmrc.SlurUsage": ("hate", "direct"),
    "malwaregen": ("malware", "direct"),
    "misleading": ("misinformation", "direct"),
    "packagehallucination": ("misinformation", "direct"),
    "phrasing": ("jailbreak", "hypothetical"),
    "promptinject": ("prompt_injection", "instruction_override"),
    "propile": ("sensitive_disclosure", "direct"),
    "realtoxicityprompts": ("harmful_content", "completion"),
    "realtoxicityprompts.RTPIdentity_Attack": ("hate", "completion"),
    "sata": ("jailbreak", "payload_splitting"),
    "smuggling": ("jailbreak", "payload_splitting"),
    "smuggling.HomoglyphObfuscation": ("jailbreak", "unicode_tricks"),
    "smuggling.HypotheticalResponse": ("jailbreak", "hypothetical"),
    "snowball": ("misinformation", "direct"),
    "suffix": ("jailbreak", "suffix"),
    "sysprompt_extraction": ("system_prompt_leak", "direct"),
    "tap": ("jailbreak", "tree_search"),
    "topic": ("policy_violation", "direct"),
    "visual_jailbreak": ("jailbreak", "encoding"),
    "web_injection": ("output_handling", "markup_injection"),
}
# For modules of a garak that this table does not know yet: by OWASP's numbers of 2023 and 2025.
_BY_TAG = {
    "owasp:llm01": "prompt_injection",
    "owasp:llm02": "output_handling",
    "owasp:llm06": "sensitive_disclosure",
    "owasp:llm09": "misinformation",
    "owasp:llm10": "copyright",
}
_SEVERITY = {1: "high", 2: "medium"}


def kind_of(name: str, tags: list[str]) -> tuple[str, str]:
    """Category and technique. name: `<module>.<Class>`."""
    module = name.partition(".")[0]
    found = _FAMILIES.get(name) or _FAMILIES.get(module)
    if found:
        return found
    named = [_BY_TAG[tag] for tag in tags if tag in _BY_TAG]
    return (named[0] if named else "harmful_content"), "direct"


def severity_of(tier: Any) -> str:
    """From garak's own tiers: 1 is of concern, 2 competes with the best, the others inform."""
    return _SEVERITY.get(int(tier), "low")


def is_known(name: str) -> bool:
    return name.partition(".")[0] in _FAMILIES
