"""What all charts share: Vega-Lite specifications drawn as inline SVG, without a browser or network."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

WIDTH = 880
COVERAGE = {"covered": "#2f7d6b", "partial": "#e0b14a", "missing": "#b5403a", "unknown": "#dedad0"}
INK, FAINT, ACCENT = "#22262b", "#6f756f", "#33558b"

Messages = Mapping[str, Any]


def data(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as they go into a specification."""
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def chart(rows: Sequence[Mapping[str, Any]], height: int) -> Any:
    """Begin a chart of rows over the whole width."""
    return alt.Chart(data(rows)).properties(width=WIDTH, height=height)


def colour(field: str, colours: Mapping[str, str]) -> Any:
    """Colour by a field whose values have fixed colours, with a legend on the right."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{field}:N", title=None, scale=scale, legend=alt.Legend(orient="right", symbolType="square"))


def svg(drawn: Any) -> Markup:
    """Draw a chart in the common style."""
    font = "system-ui, sans-serif"
    styled = (
        drawn.configure(font=font, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            gridColor="#ebe8e0", labelColor=FAINT, titleColor=FAINT, domainColor="#cfcabd", tickColor="#cfcabd"
        )
    )
    return Markup(vl_convert.vegalite_to_svg(styled.to_json()))  # noqa: S704 - drawn from our numbers
