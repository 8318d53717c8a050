"""Uploaded files, kept under names of our own making until they have been imported."""

import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

LONGEST_FILE_NAME = 200


def plain_name(file_name: str) -> str:
    """What the sender called the file, without folders and without what no name holds."""
    return Path(file_name.replace("\x00", "")).name[-LONGEST_FILE_NAME:]


def keep(chunks: Iterable[bytes]) -> Path:
    """Write an upload; the path is under DELIVERIES_ROOT and says nothing of the sender's name."""
    folder = Path(settings.DELIVERIES_ROOT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with open(path, "xb") as file:
            for chunk in chunks:
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def kept(name: str) -> Path:
    """The path of a kept upload by its name there."""
    return Path(settings.DELIVERIES_ROOT) / Path(name).name
