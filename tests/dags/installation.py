"""A small workspace as Airflow meets it: a file, a feed and a source that needs a key."""

import json
from pathlib import Path

from tests.pipeline.workspaces import ROWS, make_workspace
from tests.spiders.loopback import Answer

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
PLUGIN = Path(__file__).parent / "plugin"
AS_OF = "2026-03-10T07:00:00+00:00"
KEY = "sleutel-van-de-winkel-4711"

CONFIG = """
name: proef
timezone: Europe/Amsterdam
brands:
  - {{name: Zonnehoek, own: true}}
  - {{name: Maanhof}}
privacy: {{author_key: een-sleutel-voor-alle-auteurs}}
sources:
  export:
    spider: import
    params: {{path: export.csv, platform: proef, rating_scale: 5}}
    about: [Zonnehoek]
    schedule: "0 6 * * *"
  blog:
    spider: feed
    params: {{urls: ["{base}/feed.xml"]}}
    about: [Zonnehoek]
    delay: 0
  guarded:
    spider: guarded
    params: {{url: "{base}/guarded.json", key: "${{GUARDED_KEY}}"}}
    about: [Zonnehoek]
    delay: 0
  resting:
    spider: import
    params: {{path: none.csv}}
    enabled: false
"""

FEED = """<rss version="2.0"><channel><title>Blog</title><item><guid>een</guid><link>{base}/een</link>
<title>Zonnehoek levert te laat</title><description>Drie dagen gewacht op het pakket van Zonnehoek.</description>
<pubDate>Thu, 05 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>"""

REVIEWS = [{"id": "1", "date": "2026-03-04", "text": "Bij Zonnehoek was de bezorger erg vriendelijk."}]


def answers() -> dict[str, Answer]:
    """Return what the site of this workspace says; what the key opens is left to the test."""
    return {
        "/feed.xml": Answer(body=FEED.encode(), headers={"Content-Type": "application/rss+xml"}),
        "/guarded.json": Answer(body=json.dumps(REVIEWS).encode(), headers={"Content-Type": "application/json"}),
    }


def install(folder: Path, base: str) -> Path:
    """Write the workspace; return its configuration's path."""
    return make_workspace(folder, ROWS, CONFIG.format(base=base))
