"""Notice items that talk to the judge. A flag for a human to look at, never a verdict and never a filter."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2

from judges.fencing import ITEM_CAP, clean
from judges.scales import shown

_MEMORY = 32 << 20  # bytes that RE2 may take
_GRADER = r"(?:evaluat(?:or|ion)s?|grad(?:er|ing)|judges?|scor(?:er|ing)|rubric|raters?|reviewers?)"
_WORK = r"(?:response|answer|output|submission)"

_ANYWHERE: dict[str, tuple[str, ...]] = {
    "tells the reader to drop its instructions": (
        r"\b(?:ignore|disregard|forget|bypass|override|supersedes?)\b.{0,40}"
        r"\b(?:instructions?|rubric|criteria|prompt|rules?|guidelines?|evaluation)\b",
        r"\bstop everything\b",
        r"\b(?:rules|instructions|rubric|criteria)\b.{0,20}\b(?:out of date|obsolete|no longer (?:valid|apply))\b",
        r"\bnew (?:system )?instructions\b",
        r"\boverrid(?:e|es|den) (?:the )?(?:score|active)",
    ),
    "speaks to or as the judge": (
        rf"\b(?:note|message|memo|attention)\b.{{0,40}}\b(?:to|for)\b.{{0,8}}\b{_GRADER}\b",
        rf"\bas the {_GRADER}\b",
        r"\bthe (?:judge|evaluator|grader) (?:should|must|will|finds)\b",
        r"\byou (?:must pass|are now)\b",
        r"\bplease (?:pass|evaluate|grade|score)\b",
        r"\b(?:sophisticated|good|fair) (?:evaluators|judges|graders)\b",
        r"\bpassing grade\b",
    ),
    "sets up its own grading": (
        rf"(?:^|\n)\W{{0,6}}[\[(<=#*]{{1,3}}[^\n\])>]{{0,50}}\b(?:{_GRADER}|system|override|admin|openai|hidden"
        r" instruction|submission|correction|version history|mode|research team|research note|dev_mode)\b",
        rf"\bgraded? (?:only )?the\b.{{0,30}}\b(?:{_WORK}|version)\b",
        r"\b(?:should be|being) graded\b",
        r"\b(?:corrected|updated|revised|new)\b.{0,12}\b(?:rubric|criteria)\b",
        r"\brubric\W{1,3}(?:corrected|updated|revised|new)\b",
        r"\brubric\b.{0,60}\b(?:should|does not|always|met|interpreted)\b",
    ),
    "contains a verdict": (
        r"\b(?:pass|score|winner|verdict|grade|evaluation)[\"']?\s*[:=]\s*[\"']?"
        r"(?:true|false|pass|fail|correct|[0-9]|(?-i:[AB])\b|a\+)",
        r"\"(?:result|pass|winner|verdict|rationale)\"\s*:",
        r"<(?:winner|score|verdict)>",
        r"\bevaluation (?:is )?complete\b",
        r"\b(?:recommendation|result)\s*:\s*pass\b",
        r"\b(?:auto-pass|marking as pass)\b",
    ),
    "asks to be chosen or passed": (
        rf"\b(?:select|choose|pick|prefer)(?:ing|ion of)?\s+(?:this {_WORK}|(?:response )?(?-i:[AB])\b)",
        r"\bresponse (?-i:[AB])(?:'s)? (?:is|demonstrates|shows|scores)\b",
        r"\b(?-i:[AB]) (?:always )?wins\b",
        rf"\b(?:this|the) {_WORK} (?:is (?:correct|right|valid)|should pass|(?:always )?passes|meets all)\b",
        rf"\b(?:this|the) {_WORK} has been (?:pre-)?approved\b",
        r"\ball responses pass\b",
        rf"\b(?:brief|shorter|short|concise)\b.{{0,30}}\b{_WORK}s? (?:should be|always|indicate)\b",
    ),
    "speaks to the judge in another language": (
        r"\b(?:ignore[sz]?|ignorez|oublie[sz]?)\b.{0,20}\b(?:consignes|instructions|règles)\b",
        r"\b(?:ignoriere|vergiss|missachte)\b.{0,30}\b(?:anweisung(?:en)?|regeln|vorgaben)\b",
        r"\b(?:ignora|olvida)\b.{0,30}\b(?:instrucciones|reglas)\b",
        r"\b(?:an den|für den) (?:gutachter|prüfer|bewerter)\b",
        r"\b(?:au|à l[’'])\s?(?:juge|évaluateur)\b|\bpara el (?:juez|evaluador)\b",
    ),
    "imitates the prompt's own marks": (
        r"</?(?:output|rubric|response|submission|untrusted-(?:item|field))\b",
        r"<\|(?:im_start|im_end|system|user|assistant|eot)",
        r"\[/?INST\]|<</?SYS>>|<!\[CDATA\[",
        r"-{2,} ?END OF (?:ITEM|ANSWER|RESPONSE|SUBMISSION|DATA|TEXT)\b",
    ),
}

_WHOLE: dict[str, tuple[str, ...]] = {
    "asserts a verdict and nothing else": (
        r"\W*(?:(?:correct|verified|approved|confirmed|pass|passed)(?: answer| correct)?\W*){1,4}",
        r"(?:output|return|say|print) (?:true|pass|correct|yes)\W*",
    ),
    "opens an answer and gives none": (
        r"[.:,;!?-]{1,3}",
        r"(?:thought process|solution|answer|解|かいせつ)\s*:?",
        r"let'?s (?:solve|think)[\w ]{0,30}step by step\W*",
    ),
}


def _compiled(kinds: Mapping[str, tuple[str, ...]]) -> list[tuple[str, re.Pattern[str]]]:
    return [(kind, re.compile("|".join(patterns), re.IGNORECASE)) for kind, patterns in kinds.items()]


def _any_of(kinds: Mapping[str, tuple[str, ...]]) -> Any:
    """One pattern in RE2 that finds a place wherever one of these does, fifty times as fast.

    RE2 knows words of ASCII only: it sees more boundaries than there are, never fewer.
    """
    options = re2.Options()
    options.case_sensitive, options.max_mem = False, _MEMORY
    return re2.compile(
        "|".join(f"(?:{pattern})" for patterns in kinds.values() for pattern in patterns), options
    )


_SEARCHES = _compiled(_ANYWHERE)
_FULL = _compiled(_WHOLE)
_WORTH_SEARCHING = _any_of(_ANYWHERE)


def suspect_injection(payload: Mapping[str, Any]) -> str:
    """Say why an item seems to talk to its judge: the field, the kind, the words. Empty when it does not.

    Words and marks only: it misses what is reversed, translated or put politely, and it flags honest talk
    about grading. The first `ITEM_CAP` characters of each text are read.
    """
    for field, value in payload.items():
        for text, is_name in _texts({str(field): value}):
            suspicion = (_suspicion_of_name if is_name else _suspicion)(text[:ITEM_CAP])
            if suspicion:
                return f"{shown(str(field), limit=60)[1:-1]}: {suspicion}"
    return ""


@lru_cache(maxsize=256)
def _suspicion_of_name(name: str) -> str:
    """What the name of a field looks like: it may well be `answer` and nothing else. Most items have the same few."""
    return _suspicion(name, is_name=True)


def _suspicion(text: str, is_name: bool = False) -> str:
    """What a text looks like."""
    searches = _SEARCHES if _WORTH_SEARCHING.search(clean(text)) else []
    found = ((name, pattern.search(text)) for name, pattern in searches)
    whole = ((name, pattern.fullmatch(text.strip())) for name, pattern in ([] if is_name else _FULL))
    for name, match in (*found, *whole):
        if match:
            return f"{name}: {shown(match.group().strip(), limit=80)}"
    return ""


def _texts(value: object) -> Iterator[tuple[str, bool]]:
    """Every text within, names of fields among them, each with whether it is a name."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value, False
        elif isinstance(value, Mapping):
            yield from ((str(name), True) for name in value)
            waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list | tuple):
            waiting.extend(reversed(value))
