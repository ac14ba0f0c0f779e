"""Writes ``querent_client/models.py`` from the server's OpenAPI schema: what the client calls, and the types of it.

    python clients/python/generate_models.py            asks this checkout's ``manage.py spectacular``
    python clients/python/generate_models.py FILE.json  takes a schema that was saved
    python clients/python/generate_models.py --check    writes nothing, and fails when the file is of another schema

The types are TypedDicts: an answer stays the dict that was sent, and a field that a newer server adds breaks nothing.
"""

import ast
import json
import keyword
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = HERE / "querent_client"
TARGET = PACKAGE / "models.py"
#: Methods of ``Transport`` whose first argument is an operation.
CALLS = {"json", "pages", "stream", "upload"}
METHODS = ("get", "post", "put", "patch", "delete")
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
WIDTH = 120
HEAD = '''"""Written by generate_models.py from the OpenAPI schema; do not edit."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired, TypedDict

from querent_client.operation import Operation
'''


def called_operations(package: Path = PACKAGE) -> set[str]:
    """The ids of operations that the client's code calls."""
    return {name for path in package.glob("*.py") for name in _called_in(ast.parse(path.read_text()))}


def _called_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=called, value=ast.Attribute(attr="_transport") | ast.Name(id="transport")),
                args=[ast.Constant(value=str(name)), *_],
            ) if called in CALLS:
                yield name


def generate(schema: dict[str, Any], wanted: set[str]) -> str:
    """The module's text. Raises KeyError for an operation that the schema does not have."""
    operations = {
        one["operationId"]: (method, path, one)
        for path, by_method in schema["paths"].items()
        for method, one in by_method.items()
        if method in METHODS
    }
    chosen = {name: operations[name] for name in sorted(wanted)}
    components = schema["components"]["schemas"]
    used = _used([one for _, _, one in chosen.values()], components)
    parts = [*(_component(name, components[name]) for name in _in_order(used, components)), _table(chosen)]
    return HEAD + "\n" + "\n\n\n".join(parts) + "\n"


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _used(operations: list[Any], components: dict[str, Any]) -> set[str]:
    """Components that the bodies and good answers of the operations lead to."""
    found: set[str] = set()
    bodies = [one.get("requestBody") for one in operations]
    answers = [answer for one in operations for status, answer in one["responses"].items() if status.startswith("2")]
    ahead = list(_references([bodies, answers]))
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(_references(components[name]))
    return {name for name in found if not name.startswith("Paginated")}  # pages are read row by row


def _in_order(used: set[str], components: dict[str, Any]) -> list[str]:
    """Literals first, since they are aliases, then classes whose parts stand before them."""
    placed: list[str] = []

    def place(name: str) -> None:
        if name in used and name not in placed:
            for part in sorted(set(_references(components[name])) - {name}):
                place(part)
            placed.append(name)

    for name in sorted(used, key=lambda name: ("enum" not in components[name], name)):
        place(name)
    return placed


def _component(name: str, schema: dict[str, Any]) -> str:
    properties = schema.get("properties")
    if not properties:
        return f"{name} = {_type(schema)}"
    required = set(schema.get("required", ()))
    fields = {field: _type(one) for field, one in properties.items()}
    fields = {field: type_ if field in required else f"NotRequired[{type_}]" for field, type_ in fields.items()}
    if not all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        rows = "".join(f"    {json.dumps(field)}: {type_},\n" for field, type_ in fields.items())
        return f'{name} = TypedDict(\n    "{name}",\n    {{\n{textwrap.indent(rows, "    ")}    }},\n)'
    lines = [f"class {name}(TypedDict):"]
    if words := schema.get("description"):
        quoted = textwrap.wrap(words.replace("\\", "\\\\").replace('"""', "'''"), WIDTH - 11)
        lines += [f'    """{quoted[0]}', *(f"    {line}" for line in quoted[1:])]
        lines[-1] += '"""' if len(quoted) == 1 else '\n    """'
    for field, type_ in fields.items():
        words = properties[field].get("description", "").partition("\n\n* `")[0]  # what follows repeats the values
        lines += [f"    # {line}" for line in textwrap.wrap(words, WIDTH - 6)]
        lines.append(f"    {field}: {type_}")
    return "\n".join(lines)


def _type(schema: dict[str, Any]) -> str:
    """The annotation of a schema; Any where it says nothing."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return f"Literal[{', '.join(_quoted(value) for value in schema['enum'])}]"
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            return _union([_type(one) for one in schema[word]])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    kinds += ["null"] if schema.get("nullable") else []
    if schema.get("format") == "binary":
        return "Any"
    return _union([_one_type(kind, schema) for kind in kinds]) if kinds else "Any"


def _one_type(kind: str, schema: dict[str, Any]) -> str:
    if kind == "array":
        return f"list[{_type(schema.get('items') or {})}]"
    if kind == "object":
        more = schema.get("additionalProperties")
        return f"dict[str, {_type(more) if isinstance(more, dict) else 'Any'}]"
    return SIMPLE[kind]


def _union(types: list[str]) -> str:
    different = list(dict.fromkeys(types))
    if "Any" in different:
        return "Any"
    return " | ".join([*(one for one in different if one != "None"), *(["None"] if "None" in different else [])])


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _table(operations: dict[str, Any]) -> str:
    lines = ["OPERATIONS: Final[Mapping[str, Operation]] = {"]
    for name, (method, path, one) in operations.items():
        by_place: dict[str, list[str]] = {"query": [], "header": []}
        for parameter in one.get("parameters", ()):
            by_place.get(parameter["in"], []).append(parameter["name"])
        words = [json.dumps(method.upper()), json.dumps(path)]
        for argument, place in (("query", "query"), ("headers", "header")):
            if by_place[place]:
                words.append(f"{argument}={tuple(sorted(by_place[place]))!r}")
        lines.append(f"    {json.dumps(name)}: Operation({', '.join(words)}),")
    return "\n".join([*lines, "}"])


def main(arguments: list[str]) -> None:
    check = "--check" in arguments
    files = [one for one in arguments if one != "--check"]
    if files:
        text = Path(files[0]).read_text()
    else:
        command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"]
        text = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    made = generate(json.loads(text), called_operations())
    if not check:
        TARGET.write_text(made)
    elif TARGET.read_text() != made:
        sys.exit(f"{TARGET.relative_to(ROOT)} is not of this schema: python {Path(__file__).relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
