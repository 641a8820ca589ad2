"""The manual of plan files names every section and every key that there is."""

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from phases.registry import PlanSection, plan_sections

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "plan-file.md").read_text(encoding="utf-8")


def models(annotation: Any, inside: tuple[Any, ...] = ()) -> Iterator[type[BaseModel]]:
    """Yield every group of keys in a type, from the outside in; one that holds its own kind once."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from models(get_args(annotation)[0], inside)
    elif origin in (list, dict, Union, types.UnionType):
        for inner in get_args(annotation):
            yield from models(inner, inside)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in inside:
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation, (*inside, annotation))


def keys(section: PlanSection) -> set[str]:
    return {key for model in models(section.schema) for key in model.model_fields}


@pytest.mark.parametrize("section", plan_sections().values(), ids=list(plan_sections()))
def test_every_key_of_a_section_is_in_the_manual(section: PlanSection) -> None:
    prose = re.sub(r"```.*?```", "", MANUAL, flags=re.DOTALL)
    words = {word for text in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"[a-z_0-9]+", text)}
    assert f"**{section.name}**" in MANUAL
    assert keys(section) - words == set()
