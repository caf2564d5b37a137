"""The JSON Schema of experiment files, so that editors complete and check them."""

import json
from typing import Any

from ablation.experiment.config.file import Experiment
from ablation.recipe.recipe import Recipe


def schema_text() -> str:
    """The schema as JSON; a patch is a recipe of which nothing is required."""
    schema = Experiment.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"].pop("overrides")
    patch = _without_required(Recipe.model_json_schema())
    definitions = schema["$defs"] | patch.pop("$defs", {})
    definitions["RungSettings"]["anyOf"] = [
        {"required": ["patch"]},
        *({"required": [mark], "properties": {mark: {"const": True}}} for mark in ("control", "tuned")),
    ]
    rung = definitions["RungSettings"]["properties"]
    rung["patch"] = patch | {"description": rung["patch"]["description"], "minProperties": 1}
    return json.dumps(schema | {"$defs": definitions}, indent=1) + "\n"


def _without_required(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_required(value) for key, value in node.items() if key != "required"}
    return [_without_required(each) for each in node] if isinstance(node, list) else node
