"""PNG from SVG."""

from __future__ import annotations

from functools import cache

_TEXT = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<text y="15" font-family="monospace">{}</text></svg>'
)


def png_of(svg: str, zoom: float) -> bytes:
    """Draw an SVG. ImportError without resvg_py, RuntimeError where no font is installed."""
    try:
        import resvg_py
    except ImportError:
        raise ImportError(
            "PNG pictures need resvg_py: pip install 'jitad[viz]'; `svg` needs no more"
        ) from None
    if not _has_fonts():
        raise RuntimeError(
            "no font is installed, so a PNG would have no text; install one (DejaVu) or use `svg`"
        )
    if not zoom > 0:
        raise ValueError(f"zoom is a positive number, not {zoom}")
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, monospace_family="DejaVu Sans Mono"))


@cache
def _has_fonts() -> bool:
    """Whether text leaves a trace."""
    import resvg_py

    with_text, without = (bytes(resvg_py.svg_to_bytes(svg_string=_TEXT.format(x))) for x in ("M", ""))
    return with_text != without
