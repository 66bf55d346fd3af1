"""axe-core in a page: its source goes in through the debugger, so that the page's own policy stays as it is."""

import functools
from pathlib import Path

import axe_core_python
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@functools.cache
def source() -> str:
    return Path(axe_core_python.__file__).parent.joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Each rule that is broken, and where."""
    page.evaluate(source())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{broken['id']}: {broken['help']}: {node['target']} {node['html'][:200]}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]
