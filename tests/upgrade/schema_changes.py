"""What an OpenAPI schema takes away from clients that were written for an older one.

What a client sends may be asked for less strictly, never more; what it gets may gain, never lose. A place is named by
the component it stands in (``EstimateOut.low``), so one change is told once however many calls show it, and by the call
where there is none (``GET /projects/ ?limit``). A place in what is sent begins with ``>``.
"""

from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

#: by how a limit tightens: a greater one of these leaves less room, a smaller one of those
_FROM_BELOW = ("minimum", "minLength", "minItems", "minProperties", "exclusiveMinimum")
_FROM_ABOVE = ("maximum", "maxLength", "maxItems", "maxProperties", "exclusiveMaximum")
_METHODS = ("get", "put", "post", "patch", "delete", "head", "options")
_ALTERNATIVES = ("oneOf", "anyOf")


@dataclass
class SchemaChanges:
    """``found`` holds what was taken away, a sentence each."""

    old: Schema
    new: Schema
    found: set[str] = field(default_factory=set)
    seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def all(self) -> set[str]:
        for name in self.old["components"]["schemas"]:
            if name not in self.new["components"]["schemas"]:
                self.found.add(f"component {name} is gone")
        for path, operations in self.old["paths"].items():
            for method in (method for method in _METHODS if method in operations):
                now = self.new["paths"].get(path, {}).get(method)
                if now is None:
                    self.found.add(f"{method.upper()} {path} is gone")
                else:
                    self.operation(f"{method.upper()} {path}", operations[method], now)
        return self.found

    def operation(self, call: str, old: Schema, new: Schema) -> None:
        if old.get("operationId") != new.get("operationId"):
            self.found.add(f"{call}: has another operationId")
        accepted = [set(one) for one in new.get("security", [{}])]
        if any(set(one) not in accepted for one in old.get("security", [{}])):
            self.found.add(f"{call}: a way to sign in is gone")
        self.parameters(call, old, new)
        if "requestBody" in new:
            before, now = old.get("requestBody", {}), new["requestBody"]
            if now.get("required") and not before.get("required"):
                self.found.add(f"{call}: a body is required")
            self.contents(f"> {call} body", before, now, sent=True)
        for code, answer in old["responses"].items():
            if code in new["responses"]:
                self.contents(f"{call} {code}", answer, new["responses"][code], sent=False)
            else:
                self.found.add(f"{call}: answer {code} is gone")

    def parameters(self, call: str, old: Schema, new: Schema) -> None:
        before, now = ({(one["in"], one["name"]): one for one in each.get("parameters", [])} for each in (old, new))
        for key in before.keys() - now.keys():
            self.found.add(f"{call} ?{key[1]} is gone")
        for key, one in now.items():
            place = f"{call} ?{key[1]}"
            if one.get("required") and not before.get(key, {}).get("required"):
                self.found.add(f"{place}: is required")
            if key in before:
                self.compare(place, before[key]["schema"], one["schema"], sent=True)

    def contents(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        for media_type, content in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                self.found.add(f"{place}: {media_type} is gone")
            else:
                now = new["content"][media_type]
                self.compare(place, content.get("schema", {}), now.get("schema", {}), sent=sent)

    def compare(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        """Whether the narrower side (what an old client sends, what it gets now) fits into the wider one."""
        old_name, old = resolved(self.old, old)
        new_name, new = resolved(self.new, new)
        if old_name:
            place = ("> " if sent else "") + old_name
            if (old_name, new_name, sent) in self.seen:
                return
            self.seen.add((old_name, new_name, sent))
        self.types(place, old, new, sent=sent)
        self.limits(place, old, new, sent=sent)
        self.properties(place, old, new, sent=sent)
        if "items" in old or "items" in new:
            self.compare(f"{place}[]", old.get("items", {}), new.get("items", {}), sent=sent)
        extra, extra_now = old.get("additionalProperties"), new.get("additionalProperties")
        if sent and extra is not False and extra_now is False:
            self.found.add(f"{place}: takes no other fields")
        if isinstance(extra, dict) and isinstance(extra_now, dict):
            self.compare(f"{place}{{}}", extra, extra_now, sent=sent)
        self.alternatives(place, old, new, sent=sent)

    def types(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        before, now = self.types_of(self.old, old), self.types_of(self.new, new)
        narrow, wide = (before, now) if sent else (now, before)
        if wide is not None and (narrow is None or not all(self.fits(one, wide) for one in narrow)):
            told = ["anything" if each is None else " or ".join(sorted(each)) for each in (before, now)]
            self.found.add(f"{place}: {told[0]} became {told[1]}")
        if old.get("format", "") != new.get("format", "") and "format" in (new if sent else old):
            self.found.add(f"{place}: format {old.get('format')} became {new.get('format')}")

    @staticmethod
    def fits(one: str, wide: set[str]) -> bool:
        return one in wide or (one == "integer" and "number" in wide)

    def types_of(self, document: Schema, schema: Schema) -> set[str] | None:
        """None for anything at all."""
        schema = resolved(document, schema)[1]
        alternatives = alternatives_of(schema)
        if alternatives:
            each = [self.types_of(document, one) for one in alternatives]
            return None if None in each else set().union(*(one for one in each if one))
        if "enum" in schema and "type" not in schema:
            return {"null" if value is None else "string" for value in schema["enum"]}
        types = schema.get("type")
        return {types} if isinstance(types, str) else set(types) if types else None

    def limits(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        wide, narrow = (new, old) if sent else (old, new)
        word = "tighter" if sent else "looser"
        for names, sign in ((_FROM_BELOW, 1), (_FROM_ABOVE, -1)):
            for name in (name for name in names if name in wide):
                if name not in narrow or sign * narrow[name] < sign * wide[name]:
                    self.found.add(f"{place}: {name} is {word}")
        for name in (name for name in ("pattern", "const") if name in wide):
            if narrow.get(name) != wide[name]:
                self.found.add(f"{place}: {name} is {word}")
        if "enum" in old and not set(old["enum"]) <= set(new.get("enum", old["enum"])):
            self.found.add(f"{place}: values are gone")
        if "enum" in (new if sent else old) and "enum" not in (old if sent else new):
            self.found.add(f"{place}: not any more one of some values" if not sent else f"{place}: only some values")

    def properties(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, value in before.items():
            if name in now:
                self.compare(f"{place}.{name}", value, now[name], sent=sent)
            elif not alternatives_of(new):
                self.found.add(f"{place}.{name} is gone")
        required, required_now = set(old.get("required", [])), set(new.get("required", []))
        for name in required_now - required if sent else required - required_now:
            self.found.add(f"{place}.{name}: is required" if sent else f"{place}.{name}: may be missing")

    def alternatives(self, place: str, old: Schema, new: Schema, *, sent: bool) -> None:
        """Each of the narrower side has one in the wider that takes it: the component of its name before any other."""
        before, now = alternatives_of(old), alternatives_of(new)
        if not before and not now:
            return
        narrow, wide = (before or [old], now or [new]) if sent else (now or [new], before or [old])
        for one in narrow:
            pairs = [(one, other) if sent else (other, one) for other in wide]
            named = [pair for pair in pairs if "$ref" in pair[0] and pair[0] == pair[1]]
            each = [self.tried(place, *pair, sent=sent) for pair in named or pairs]
            if all(each):
                self.found |= min(each, key=len)

    def tried(self, place: str, old: Schema, new: Schema, *, sent: bool) -> set[str]:
        aside = SchemaChanges(self.old, self.new)
        aside.compare(place, old, new, sent=sent)
        return aside.found


def alternatives_of(schema: Schema) -> list[Schema]:
    return [one for name in _ALTERNATIVES for one in schema.get(name, [])]


def resolved(document: Schema, schema: Schema) -> tuple[str, Schema]:
    """The component's name, or none, and what is said there and around it."""
    part = schema
    if "allOf" in schema:
        (part,) = schema["allOf"]  # drf-spectacular writes it around a single reference, to add a description
    if "$ref" not in part:
        return "", schema
    name = part["$ref"].rpartition("/")[2]
    around = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    return name, {**resolved(document, document["components"]["schemas"].get(name, {}))[1], **around}


def taken_away(old: Schema, new: Schema) -> set[str]:
    return SchemaChanges(old, new).all()
