"""Every check by its name, and reading one from a mapping."""

import inspect
from collections.abc import Mapping
from typing import Any

from judges.programs.duplicates import NearDuplicate
from judges.programs.findings import Check
from judges.programs.language import Language
from judges.programs.matching import Match
from judges.programs.patterns import Pattern
from judges.programs.shape import JsonSchema, Length

CHECKS: Mapping[str, type] = {
    check.name: check for check in (Match, Pattern, Length, JsonSchema, Language, NearDuplicate)
}


_ALLOWED: Mapping[Any, tuple[type, ...]] = {
    int: (int,),
    float: (int, float),
    bool: (bool,),
    tuple[str, ...]: (list, tuple),
    dict[str, Any]: (dict,),
}


def check_from_dict(data: Mapping[str, Any]) -> Check:
    """Read `{check: NAME, ...settings}`. Raises ValueError that names the first thing wrong."""
    kind = data.get("check")
    if not isinstance(kind, str) or kind not in CHECKS:
        raise ValueError(f"{kind!r} is no check; known: {', '.join(CHECKS)}")
    settings = {name: value for name, value in data.items() if name != "check"}
    parameters = inspect.signature(CHECKS[kind]).parameters
    for name, value in settings.items():
        if name not in parameters:
            raise ValueError(f"{kind} has no setting {name!r}; it has {', '.join(parameters)}")
        _check_type(kind, name, value, parameters[name])
    try:
        check: Check = CHECKS[kind](**settings)
    except TypeError as error:
        raise ValueError(f"{kind}: {str(error).replace('.__init__()', '')}") from error
    return check


def _check_type(kind: str, name: str, value: Any, parameter: inspect.Parameter) -> None:
    """A setting must be of the kind that its field has."""
    allowed = _ALLOWED.get(parameter.annotation, (str,))  # what else there is, is one of several words
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise ValueError(f"{kind}: {name} cannot be {value!r}"[:200])
