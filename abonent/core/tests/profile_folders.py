"""A folder with a profile that a test may spoil, and what the load says of it then."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from abonent.core import profile

Edit = Callable[[str, str, str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of skynet that a test may spoil."""
    return Path(shutil.copytree(profile.BUILT_IN.joinpath("skynet"), tmp_path.joinpath("ours")))


@pytest.fixture
def spoil(folder: Path) -> Edit:
    """Replace the first `old` of a file by `new`; what the load then says, the folder's path cut off."""

    def edit(file: str, old: str, new: str) -> str:
        path = folder.joinpath(file)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return refusal(folder)

    return edit


def refusal(folder: Path) -> str:
    with pytest.raises(profile.UnableToLoadProfile) as caught:
        profile.load(str(folder))
    return str(caught.value).replace(f"{folder}/", "")
