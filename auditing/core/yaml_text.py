"""YAML as a plain file format: JSON's types only, nothing repeated, nothing guessed.

Unlike YAML 1.1, an unquoted yes, no, on or off is text, and so is a date.
Comments do not survive a round trip.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from auditing.core.errors import BadInput

MAX_CHARACTERS = 1_000_000
_PLAIN = {
    "null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    "float": (r"^[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?$", list("-+0123456789")),
}


_PREFIX = "tag:yaml.org,2002:"
_KINDS = [_PREFIX + kind for kind in ("null", "bool", "int", "float", "seq")]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}
    yaml_constructors = {kind: yaml.SafeLoader.yaml_constructors[kind] for kind in [*_KINDS, None]}

    def compose_node(self, parent: Any, index: Any) -> Any:
        # an alias can make a small file unfold into gigabytes
        if self.check_event(yaml.AliasEvent):
            raise _complaint("aliases (*name) are not understood; write it out", self.peek_event().start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        result: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _complaint("a key must be text", key_node.start_mark)
            key = self.construct_text(key_node)
            if key in result:
                raise _complaint(f"the key {key!r} is there twice", key_node.start_mark)
            result[key] = self.construct_object(value_node, deep=True)
        return result

    def construct_text(self, node: Any) -> str:
        if re.search("[\x00\ud800-\udfff]", node.value):
            raise _complaint("text holds a character that cannot be kept", node.start_mark)
        return str(node.value)


for _name, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_PREFIX + _name, re.compile(_pattern), _first)
_Loader.add_constructor(_PREFIX + "str", _Loader.construct_text)


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node)


_Loader.add_constructor(_PREFIX + "map", _construct_map)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar(_PREFIX + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _complaint(message: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=mark)


def read(text: str, *, file: str = "") -> dict[str, Any]:
    """The one mapping a YAML text holds. Raises BadInput naming file and line."""
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"the file is longer than {MAX_CHARACTERS:,} characters", file=file)
    try:
        data = yaml.load(text.removeprefix("\ufeff"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadInput(f"not readable as YAML: {error.problem}", file=file, line=line) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadInput(f"not readable as YAML: {_one_line(error)}", file=file) from error
    if not isinstance(data, dict):
        raise BadInput("expected `key: value` lines", file=file, line=1)
    return data


def read_file(path: Path) -> str:
    """The text of a file. Raises BadInput when there is none or it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 text", file=str(path)) from error


def write(content: dict[str, Any]) -> str:
    """The content as YAML, keys in their order; `read` gives the same content back."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def line_of(text: str, path: str) -> int | None:
    """The line of the value at a path such as `criteria[2].scale.type`, or of its nearest parent."""
    node, line = yaml.compose(text.removeprefix("\ufeff"), Loader=_Loader), None
    for step in re.findall(r"[^.\[\]]+", path):
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def located(error: BadInput, text: str, file: str = "") -> BadInput:
    """A complaint about the content of a text, with the file and the line of its field."""
    return BadInput(error.message, file=file, line=line_of(text, error.field), field=error.field)


def _child(node: Any, step: str) -> tuple[int, Any] | None:
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        child = node.value[int(step)]
        return child.start_mark.line + 1, child
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
