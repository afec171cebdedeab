"""The documents name what there is, and nothing that is not: settings, routes, commands, fields,
providers, metrics, codes. Their links lead somewhere and their examples are true."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import typer
import yaml
from pydantic import BaseModel, SecretStr

from quintain.cli.root import commands
from quintain.dialects import table
from quintain.egress.failures import _HANGING
from quintain.gateway.health import STAGES
from quintain.http.rules import PUBLIC, RULES, SDK
from quintain.http.targets import flat, nested
from quintain.registry.parse import parse_add
from quintain.registry.providers import PROVIDERS
from quintain.registry.schema import (
    AddModel,
    AuthData,
    Metadata,
    ModelConfig,
    Provider,
    Target,
)
from quintain.settings import ELSEWHERE, PREFIX, Settings
from quintain.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
DOCS = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ROLES = ("admin", "editor", "caller", "viewer")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def words_of(page: str) -> set[str]:
    """Everything that the page sets as code in its running text and tables."""
    return set(_CODE.findall(_FENCE.sub("", DOCS[page])))


def rows_of(page: str, first_head: str) -> list[list[str]]:
    """The rows of every table whose first column has this head, as cells of plain text."""
    rows: list[list[str]] = []
    inside = False
    for line in DOCS[page].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|- "):
            rows.append(cells)
        elif cells[0] == first_head:
            inside = True
    assert rows, f"{page} has no table that begins with {first_head}"
    return rows


def examples(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{path.name}:{page[: found.start()].count(chr(10)) + 1}")
        for path in PAGES
        for page in [path.read_text()]
        for found in _FENCE.finditer(page)
        if found[1] == language
        for text in [found[2]]
    ]


# --- settings --------------------------------------------------------------------------------


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    return "" if default in (None, "", SecretStr("")) else f"`{default}`"


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    own = {f"{PREFIX}{name.upper()}": default_of(name) for name in Settings.model_fields}
    own["QUINTAIN_DATA_DIR"] = "`~/.local/share/quintain`"  # depends on the user
    rows = [row for row in rows_of("settings.md", "setting") if len(row) == 3]
    assert {row[0].strip("`"): row[1] for row in rows} == own


def test_every_variable_of_the_command_line_is_documented_and_no_other() -> None:
    rows = [row for row in rows_of("settings.md", "setting") if len(row) == 2]
    assert {row[0].strip("`") for row in rows} == ELSEWHERE


def test_no_page_names_a_setting_that_is_not_there() -> None:
    own = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known = own | ELSEWHERE | {"QUINTAIN_TEST_POSTGRES"}
    named = {word for path in PAGES for word in re.findall(r"QUINTAIN_[A-Z_]+", path.read_text())}
    assert {word.rstrip("_") for word in named} - {PREFIX.rstrip("_")} <= known


# --- routes ----------------------------------------------------------------------------------


def rights(roles: frozenset[str]) -> list[str]:
    public = roles is PUBLIC
    marks = [public or role in roles for role in ROLES]
    return ["yes" if mark else "" for mark in (*marks, public)]


def test_the_table_of_roles_and_routes_is_that_of_the_rules() -> None:
    listed = {(row[0], row[1].strip("`")): row[2:] for row in rows_of("keys.md", "method")}
    own = {route: roles for route, roles in RULES.items() if not route[1].startswith(f"{SDK}/")}
    assert listed == {route: rights(roles) for route, roles in own.items()}


def test_the_routes_below_sdk_have_the_rights_of_those_above_it() -> None:
    below = {
        route: roles
        for route, roles in RULES.items()
        if route[1].startswith(f"{SDK}/") and f"`{route[0]} {route[1]}`" not in DOCS["sdk.md"]
    }
    assert below == {
        (method, SDK + path): roles
        for (method, path), roles in RULES.items()
        if path.startswith(("/models/", "/redteam/", "/rt/"))
    }


def test_every_route_is_explained_on_a_page_of_its_own_subject() -> None:
    pages = "".join(text for name, text in DOCS.items() if name != "keys.md")
    admins = DOCS["keys.md"].partition("## Who may call what")[0] + DOCS["vault.md"]
    for (method, path), _ in RULES.items():
        if not path.startswith(f"{SDK}/") and (method, path) != ("GET", "/vault"):
            assert f"`{method} {path}`" in pages + admins, f"{method} {path} is explained nowhere"


# --- commands --------------------------------------------------------------------------------


def spelled(command: click.Command, name: str) -> Iterator[str]:
    """Every command below this one as it is typed."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name
    for part, below in (inner or {}).items():
        yield from spelled(below, f"{name} {part}")


@pytest.mark.parametrize("name", list(spelled(typer.main.get_command(commands()), "quintain")))
def test_every_command_is_documented(name: str) -> None:
    *group, last = name.split()
    listed = re.compile(rf"{' '.join(group)} (\w+ \| )*{last}\b")
    assert listed.search(DOCS["cli.md"]), f"docs/cli.md does not name {name}"


# --- fields and providers --------------------------------------------------------------------


def fields_of(schema: type[BaseModel]) -> Iterator[str]:
    for name, field in schema.model_fields.items():
        yield field.alias or name
        for inner in nested_in(field.annotation):
            yield from fields_of(inner)


def nested_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from nested_in(inner)


@pytest.mark.parametrize("field", sorted(set(fields_of(AddModel))))
def test_every_field_of_a_registration_is_documented(field: str) -> None:
    named = {part for word in words_of("models.md") for part in word.split(".")}
    assert field in named, f"docs/models.md does not name {field}"


def test_no_table_of_fields_has_one_that_is_not_there() -> None:
    known = {*fields_of(AddModel), *AuthData.model_fields, *Metadata.model_fields}
    listed = [_CODE.findall(row[0]) for row in rows_of("models.md", "field")]
    named = {part for words in listed for word in words for part in word.split(".")}
    assert named - {"auth_data"} <= known
    assert set(ModelConfig.model_fields) <= named | {"endpoint", "context"}


def key_in(name: str) -> str:
    auth = PROVIDERS[name].auth
    if auth is None:
        return "none"
    return f"`{auth.header_name}: {auth.header_prefix}{' ' * bool(auth.space_after_prefix)}<key>`"


def test_the_table_of_providers_is_that_of_the_registry() -> None:
    listed = {row[0].strip("`"): row[1:4] for row in rows_of("providers.md", "provider")}
    assert listed == {
        name: [
            f"`{brings.base_url}`" if brings.base_url else "yours",
            ", ".join(f"`{path}`" for path in brings.paths) or "yours",
            key_in(name),
        ]
        for name, brings in PROVIDERS.items()
    }


def test_every_provider_is_documented_with_its_source_served_or_not() -> None:
    assert set(get_args(Provider)) <= words_of("providers.md")
    for brings in PROVIDERS.values():
        assert brings.source in DOCS["providers.md"]


# --- metrics and codes -----------------------------------------------------------------------


def test_every_metric_is_documented_with_its_labels_and_no_other() -> None:
    listed = {
        row[0].strip("`"): set(_CODE.findall(row[1])) for row in rows_of("operations.md", "metric")
    }
    found = {}
    for collector in Metrics().registry._collector_to_names:
        name = collector._name + ("_total" if collector._type == "counter" else "")
        found[name] = set(collector._labelnames)
    assert listed == found


def codes_in(path: Path) -> Iterator[str]:
    """The texts given as `code` in a module: by keyword, as a default, or as a class's own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.arguments):
            defaults = zip(node.kwonlyargs, node.kw_defaults, strict=True)
            given = [default for arg, default in defaults if arg.arg == "code" and default]
            yield from (text for default in given for text in texts_in(default))
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from texts_in(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "code" for target in targets):
                yield from texts_in(node.value)


def texts_in(node: ast.AST) -> Iterator[str]:
    """A text, or each branch of a choice between texts; what is composed or compared is no code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts_in(node.body), *texts_in(node.orelse))


# Never met by a caller: the root's own codes, which each raise site replaces.
INNER = {"target_error", "unreadable_secret"}


def test_every_error_code_is_documented_and_no_other() -> None:
    package = ROOT / "src" / "quintain"
    rooms = [path for path in package.rglob("*.py") if path.parts[-2] not in {"cli", "sample"}]
    codes = {code for path in rooms for code in codes_in(path)} - INNER
    codes |= {code for code, _, _ in _HANGING.values()}
    by_stage = {f"target_{stage}_failed" for stage in STAGES}
    documented = {row[0].strip("`") for row in rows_of("errors.md", "code")}
    assert codes - documented == set()
    assert documented - codes <= by_stage


def test_the_ladder_lists_every_stage_in_order() -> None:
    assert [row[0].strip("`") for row in rows_of("health.md", "stage")] == list(STAGES)


# --- links and examples ----------------------------------------------------------------------


def anchor(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        if "://" in link:
            continue
        place, _, part = link.partition("#")
        target = page.parent / place if place else page
        assert target.exists(), f"{page.name}: {link}"
        if part:
            headings = _HEADING.findall(_FENCE.sub("", target.read_text()))
            assert part in {anchor(heading) for heading in headings}, f"{page.name}: {link}"


class AnyJq:
    """Takes every program: whether it compiles is for the tests of jq."""

    async def check(self, program: str) -> None:
        assert program


async def check_example(body: Any) -> None:
    """Registrations and health checks must be such as the server takes."""
    target: Target | None = None
    if not isinstance(body, dict) or "model_id" in body:
        return
    if "model_saved_name" in body and "model_config" in body:
        target = parse_add(body)
    elif "endpoint_configuration" in body:
        target = nested(body)
    elif "target_model_configuration" in body:
        target = flat(body)
    if target is not None:
        assert await table.check(target, AnyJq()) == []


@pytest.mark.parametrize("text", examples("json"))
async def test_every_json_example_is_json_and_is_accepted(text: str) -> None:
    await check_example(json.loads(text))


@pytest.mark.parametrize("text", examples("yaml"))
async def test_every_yaml_example_is_accepted(text: str) -> None:
    await check_example(yaml.safe_load(text))


@pytest.mark.parametrize("text", examples("sh"))
async def test_every_body_given_to_curl_is_json_and_is_accepted(text: str) -> None:
    for body in re.findall(r"-d '(.*?)'", text, re.DOTALL):
        await check_example(json.loads(body))


@pytest.mark.parametrize("text", examples("python"))
def test_every_python_example_parses(text: str) -> None:
    ast.parse(f"{{{text}}}" if text.startswith('"') else text)  # rows of a table
