"""The JSON Schema of `umot.yaml`, for editors."""

from typing import Any

from umot.config.settings import Settings


def json_schema() -> dict[str, Any]:
    """Return the schema of the configuration with the parameters of every spider."""
    from spiders.registry import sources

    schema = Settings.model_json_schema()
    source = schema["$defs"]["SourceSettings"]
    source["properties"]["spider"]["enum"] = sorted(sources())
    source["allOf"] = [
        {
            "if": {"properties": {"spider": {"const": name}}},
            "then": {"properties": {"params": kind.Params.model_json_schema()}},
        }
        for name, kind in sorted(sources().items())
    ]
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
