"""Categories, techniques and frameworks."""

from pathlib import Path

import pytest

from quintain.runs.taxonomy import TAXONOMY

DOCS = Path(__file__).parents[4] / "docs" / "frameworks.md"
OWASP = {f"LLM{number:02}" for number in range(1, 11)}
AGENTIC = {f"ASI{number:02}" for number in range(1, 11)}


@pytest.mark.parametrize("category", TAXONOMY.categories.values(), ids=lambda each: each.id)
def test_a_category_is_explained_and_mapped_to_what_there_is(category):
    assert category.title
    assert category.explanation.endswith(".")
    assert category.advice.endswith(".")
    assert category.maps
    for framework, ids in category.maps.items():
        assert set(ids) <= set(TAXONOMY.frameworks[framework].entries)


def test_every_entry_of_a_framework_is_used():
    for framework in TAXONOMY.frameworks.values():
        used = {
            each
            for category in TAXONOMY.categories.values()
            for each in category.maps.get(framework.id, ())
        }
        assert used == set(framework.entries), framework.id


def test_owasp_s_lists_are_whole():
    assert set(TAXONOMY.frameworks["owasp_llm"].entries) == OWASP
    assert set(TAXONOMY.frameworks["owasp_agentic"].entries) == AGENTIC


@pytest.mark.parametrize("technique", TAXONOMY.techniques.values(), ids=lambda each: each.id)
def test_a_technique_is_explained(technique):
    assert technique.title
    assert technique.about.endswith(".")
    assert technique.id == "benign" or technique.advice.endswith(".")


def test_what_users_name_themselves_has_a_title():
    assert TAXONOMY.category("refund_tricks").title == "Refund tricks"
    assert TAXONOMY.technique("").title == "Unnamed"


@pytest.mark.parametrize(
    ("certifications", "testing_for", "known", "unknown"),
    [
        ([], "foundationModels", ["owasp_llm"], []),
        ([], "agents", ["owasp_llm", "owasp_agentic"], []),
        (["OWASP LLM 2025"], "agents", ["owasp_llm"], []),
        (["OWASP Top 10 for LLM Applications (2025)"], "URL", ["owasp_llm"], []),
        (["owasp-llm"], "URL", ["owasp_llm"], []),
        (["OWASP Agentic"], "URL", ["owasp_agentic"], []),
        (["NIST AI RMF", "MITRE ATLAS"], "URL", ["nist_ai_rmf", "mitre_atlas"], []),
        (["AVID"], "URL", ["avid"], []),
        (["SOC 2 Type II", "EU AI Act"], "URL", ["owasp_llm"], ["SOC 2 Type II", "EU AI Act"]),
        (["NIST AI RMF", "EU AI Act"], "URL", ["nist_ai_rmf"], ["EU AI Act"]),
        (["ISO atlases"], "URL", ["owasp_llm"], ["ISO atlases"]),
    ],
)
def test_certifications_choose_frameworks(certifications, testing_for, known, unknown):
    chosen, rest = TAXONOMY.chosen(certifications, testing_for)
    assert ([each.id for each in chosen], rest) == (known, unknown)


def rows_of_documents():
    for line in DOCS.read_text().splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_documents_have_the_same_mapping():
    listed = {cells[0].strip("`"): cells[1:] for cells in rows_of_documents()}
    own = {
        category.id: [
            category.title,
            *(", ".join(category.maps.get(name, ())) for name in TAXONOMY.frameworks),
        ]
        for category in TAXONOMY.categories.values()
    }
    techniques = {each.id: [each.title, each.about] for each in TAXONOMY.techniques.values()}
    assert listed == own | techniques
