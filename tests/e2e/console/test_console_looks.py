"""How the console looks: each of its views, large and small, in the light and in the dark."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import watched_page
from tests.e2e.conftest import System, new_id
from tests.e2e.console.steps import open_console, rows, run_job

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "width", "height"), [("desktop", 1280, 800), ("narrow", 390, 844)])
def test_every_view_can_be_read(
    browser: Browser,
    system: System,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    scheme: Any,
    size: str,
    width: int,
    height: int,
) -> None:
    """Enough contrast (WCAG 2.2, 1.4.3), no sideways scrolling, and a name for every control; `--screenshots` keeps
    pictures in docs/images."""
    folder = IMAGES if request.config.getoption("--screenshots", default=False) else tmp_path
    folder.mkdir(exist_ok=True)
    run_job(system)
    options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    with watched_page(browser, **options) as page, system.listen(new_id()):
        for view, prepare in PREPARED.items():
            open_console(page, system, view)
            prepare(page)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # A palette is enough for an interface, in a third of the bytes; this way rare colours have their place.
            few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(folder / f"console-{view}-{size}-{scheme}.png", optimize=True)
            assert {"faint": [], "nameless": [], "wide": []} == page.evaluate(READABLE), view


def _choose_invocation(page: Page) -> None:
    rows(page, "StartEnrichmentFunction").last.click()
    expect(page.get_by_role("article")).to_contain_text("REPORT")


def _choose_open_connection(page: Page) -> None:
    page.get_by_role("option").filter(has_text="open").first.click()
    expect(page.locator(".frame").filter(has_text="ready_ack")).to_be_visible()


def _choose_function(page: Page) -> None:
    page.get_by_role("option", name=re.compile("^JobsFunction")).click()
    form = page.get_by_role("form", name="Invoke JobsFunction")
    form.get_by_label("Fixture").select_option("http_get_job")
    expect(form.get_by_label("Event")).to_have_value(re.compile("routeKey"))
    form.get_by_role("button", name="Invoke").click()
    expect(page.get_by_role("article", name="Invocation of JobsFunction")).to_contain_text("REPORT")


def _see_queues(page: Page) -> None:
    expect(page.get_by_role("row").filter(has_text="WorkQueue").first).to_be_visible()


def _see_rows(page: Page) -> None:
    expect(page.get_by_role("row").nth(3)).to_be_visible()


def _see_routes(page: Page) -> None:
    expect(page.get_by_role("row").filter(has_text="$connect")).to_be_visible()


PREPARED = {
    "activity": _choose_invocation,
    "connections": _choose_open_connection,
    "functions": _choose_function,
    "queues": _see_queues,
    "tables": _see_rows,
    "apis": _see_routes,
}

READABLE = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const visible = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !visible(element) || element.closest(":disabled")) continue;
    const [one, other] = [numbers(getComputedStyle(element).color), ground(element)].map(luminance);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const text = walker.currentNode.data.slice(0, 30);
    if (contrast < 4.5) faint.add(`${element.className}: ${contrast.toFixed(2)} ${text}`);
  }
  const controls = [...document.querySelectorAll("button, a, input, select, textarea, [role=listbox], [role=region]")];
  const name = (control) =>
    control.getAttribute("aria-label") || control.labels?.[0]?.textContent || control.textContent.trim();
  const nameless = controls.filter((one) => visible(one) && !name(one)).map((one) => one.outerHTML.slice(0, 100));
  const wide = document.documentElement.scrollWidth > innerWidth ? [document.documentElement.scrollWidth] : [];
  return { faint: [...faint], nameless, wide };
}"""
