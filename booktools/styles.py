"""Leave in a stylesheet only what the pages that link it can use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import tinycss2
from tinycss2.ast import Node

from booktools.files import made_once
from booktools.versions import tools_version

_URL = re.compile(r"""url\((["']?)(?!data:|https?:|/|#)([^"')]+)\1\)""")
_TAG = re.compile(r"(?:<|\\u003c)([a-zA-Z][\w-]*)")
_NAMES = re.compile(r"""\b(?:class|id)=(?:\\?["']([^"'\\]*)|([\w-]+))""")
_IMPORT = re.compile(r"""@import\s+(?:"[^"]*"|'[^']*'|url\([^)]*\))[^;]*;""")
_IMPORTED = re.compile(r"""(?<=@import)\s+(["'])(?!https?:|/)([^"']+)\1""")
_DATA = re.compile(r"\b(data-[\w-]+)")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
_WORD = re.compile(r"[A-Za-z_-][\w-]*")
_DATASET = re.compile(r"\bdataset\.(\w+)")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
_ANY_VARIABLE = re.compile(r"--[\w-]+")
_GROUPS = frozenset({"media", "supports", "layer", "container"})  # rules around rules
_CHOICES = frozenset({"is", "where", "has", "matches", "host"})
_NOT_COPIED = frozenset({"charset"})
_LICENCE = re.compile("licen[cs]e|^!", re.IGNORECASE)
_VALUE = r"[^;{}\"'()]|\"[^\"]*\"|'[^']*'"
_BRACKETS = r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
_SETTING = re.compile(rf"(?<=[{{;]) ?(--[\w-]+):(?:{_VALUE}|{_BRACKETS})*(?:;|(?=\}}))")
_EMPTY = re.compile(r"^[^{}\n]+\{\}\n", re.MULTILINE)
_NAMED = re.compile(r"^@(?:font-face|(?:-webkit-)?keyframes ([\w-]+))\s*\{.*\}\n", re.MULTILINE)
_FAMILY = re.compile(r"font-family:\s*[\"']?([^\"';}]+)")


@dataclass(frozen=True)
class Used:
    """What pages and their scripts have: tags, classes, ids, data attributes, custom properties."""

    names: frozenset[str]
    data: frozenset[str]
    variables: frozenset[str]

    def __or__(self, other: Used) -> Used:
        """Return what one or the other has."""
        return Used(
            self.names | other.names, self.data | other.data, self.variables | other.variables
        )

    def among(self, words: Set[str]) -> Sequence[Sequence[str]]:
        """Return, sorted, what is among the words of a stylesheet, or may be in another writing."""
        kinds = (self.names, self.data, self.variables)
        return [sorted(one for one in kind if _may_be(one, words)) for kind in kinds]


def _may_be(name: str, words: Set[str]) -> bool:
    return name in words or not _WORD.fullmatch(name)


def used_in_page(html: str) -> Used:
    """Return what a page has, its drawings within scripts included."""
    found = ("".join(parts) for parts in _NAMES.findall(html))
    names = {name for text in found for name in unescape(text).split()}
    tags = {tag.lower() for tag in _TAG.findall(html)}
    return Used(frozenset(names | tags), frozenset(_DATA.findall(html)), _variables(html))


def used_in_script(script: str) -> Used:
    """Return what a script may add: every word of its texts."""
    texts = ["".join(parts) for parts in _STRING.findall(script)]
    names = {word for text in texts for word in _WORD.findall(text)}
    data = {"data-" + _hyphenated(name) for name in _DATASET.findall(script)}
    return Used(frozenset(names), frozenset(data | set(_DATA.findall(script))), _variables(script))


def _variables(text: str) -> frozenset[str]:
    return frozenset(_ANY_VARIABLE.findall(text))


def _hyphenated(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def parts(sheets: Iterable[tuple[str, str]]) -> Sequence[str]:
    """Return what, joined, is one stylesheet in the folder from which the sheets' names begin.

    sheets: name (path) and text of each.
    """
    texts = [_moved(name, text) for name, text in sheets]
    imports = [one for text in texts for one in _IMPORT.findall(text)]
    first, *others = [_IMPORT.sub("", text) for text in texts] or [""]
    return ["".join([*imports, first]), *others]  # a browser reads imports first only


def _moved(name: str, text: str) -> str:
    folder = dirname(name)

    def there(found: re.Match[str]) -> str:
        return f"{found[1]}{normpath(join(folder, found[2]))}{found[1]}"

    text = _IMPORTED.sub(lambda name: f" {there(name)}", text)
    return _URL.sub(lambda url: f"url({there(url)})", text)


def purged(parts: Iterable[str], used: Used) -> str:
    """Return the parts of a stylesheet without rules, properties and fonts that nothing can use."""
    text = "".join(rule for part in parts for rule in _rules(_parsed(part), used))
    return _without_unnamed(_without_variables(text, used.variables))


def purged_once(parts: Sequence[str], used: Used, folder: Path) -> str:
    """Return the same, and keep it in the folder for the next time."""
    words = {word for part in parts for word in _WORD.findall(f"{part} {part.lower()}")}
    digest = hashlib.sha256(json.dumps([tools_version(), *parts, *used.among(words)]).encode())
    kept = folder / f"{digest.hexdigest()[:24]}.json"
    return made_once(kept, lambda: purged(parts, used).encode()).decode()


@lru_cache(maxsize=16)
def _parsed(part: str) -> Sequence[Node]:
    return list(tinycss2.parse_stylesheet(part, skip_whitespace=True))


def _rules(nodes: Iterable[Node], used: Used) -> Iterator[str]:
    for node in nodes:
        if node.type == "comment" and _LICENCE.search(node.value):
            yield f"/*{node.value}*/\n"
        elif node.type == "qualified-rule":
            kept = [one for one in _selectors(node.prelude) if _may_match(one, used)]
            if kept:
                yield f"{','.join(map(_written, kept))}{{{_declarations(node.content)}}}\n"
        elif node.type == "at-rule":
            yield from _at_rule(node, used)


def _at_rule(rule: Any, used: Used) -> Iterator[str]:
    name = rule.lower_at_keyword
    head = f"@{name} {_written(rule.prelude)}".strip()
    if name in _NOT_COPIED:
        return
    if rule.content is None:
        yield f"{head};\n"
    elif name in _GROUPS:
        inner = "".join(_rules(_contents(rule), used))
        if inner:
            yield f"{head}{{\n{inner}}}\n"
    else:
        yield f"{head}{{{_plain(rule.content)}}}\n"


def _contents(rule: Any) -> Sequence[Node]:
    return list(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))


def _selectors(prelude: Sequence[Any]) -> list[list[Any]]:
    """Return the selectors of a list that commas divide."""
    found: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _may_match(selector: Sequence[Any], used: Used) -> bool:
    """Say whether pages have every name that a selector asks for."""
    before = ""
    for token in selector:
        if not _is_there(token, before, used):
            return False
        before = token.value if token.type == "literal" else ""
    return True


def _is_there(token: Any, before: str, used: Used) -> bool:
    if token.type == "ident":
        name = token.value if before == "." else token.lower_value
        return before == ":" or name in used.names
    if token.type == "hash":
        return token.value in used.names
    if token.type == "[] block":
        name = next((one.lower_value for one in token.content if one.type == "ident"), "")
        return not name.startswith("data-") or name in used.data
    if token.type == "function" and token.lower_name in _CHOICES:
        return any(_may_match(one, used) for one in _selectors(token.arguments))
    return True


def _declarations(content: Sequence[Node]) -> str:
    found = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    if any(one.type != "declaration" for one in found):
        return _plain(content)  # rules within rules, and what only some browsers read
    return ";".join(_declaration(one) for one in found)


def _declaration(one: Any) -> str:
    important = "!important" if one.important else ""
    return f"{one.name}:{_written(one.value)}{important}"


def _plain(content: Sequence[Node]) -> str:
    return _written([one for one in content if one.type != "comment"])


def _written(tokens: Sequence[Any]) -> str:
    """Return tokens as text, what is white as one space."""
    return "".join(map(_token, tokens)).strip()


def _token(token: Any) -> str:
    if token.type == "whitespace":
        return " "
    return f"{{{_written(token.content)}}}" if token.type == "{} block" else str(token.serialize())


def _without_variables(sheet: str, asked: frozenset[str]) -> str:
    """Drop custom properties that nobody asks for, until all that are left are asked for."""
    while (kept := _asked_for(sheet, asked | set(_VARIABLE.findall(sheet)))) != sheet:
        sheet = kept
    return _EMPTY.sub("", sheet)


def _asked_for(sheet: str, known: Set[str]) -> str:
    return _SETTING.sub(lambda one: one[0] if one[1] in known else "", sheet)


def _without_unnamed(sheet: str) -> str:
    """Drop fonts and movements that no rule names."""
    rest = _NAMED.sub("", sheet)

    def kept(rule: re.Match[str]) -> str:
        family = _FAMILY.search(rule[0])
        name = rule[1] or (family[1].strip() if family else "")
        return rule[0] if name in rest else ""

    return _NAMED.sub(kept, sheet)
