"""What can go wrong, as one tree. Doors translate: pages to a message, the API to JSON, commands to exit status 2."""


class DokimaError(Exception):
    """Something the user can read and act upon."""


class BadInput(DokimaError):
    """One clear complaint about what was handed in; `line` and `field` say where, when known."""

    def __init__(self, message: str, *, file: str = "", line: int | None = None, field: str = "") -> None:
        self.message, self.file, self.line, self.field = message, file, line, field
        where = [file, f"line {line}" if line is not None else "", f"field {field}" if field else ""]
        prefix = ", ".join(part for part in where if part)
        super().__init__(f"{prefix}: {message}" if prefix else message)


class Conflict(DokimaError):
    """The thing is not in a state that allows this (a locked plan, a published version, a closed audit)."""


class Stale(Conflict):
    """What was changed is not what is kept now: somebody saved it meanwhile. `mark` names what is kept now."""

    def __init__(self, message: str, *, mark: str) -> None:
        super().__init__(message)
        self.mark = mark


class Missing(DokimaError):
    """It does not exist, or the asker may not know that it does: both answer 404."""


class Forbidden(DokimaError):
    """The asker can see the thing but may not do this to it: 403."""
