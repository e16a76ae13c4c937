"""Take the picture of Airflow for the documentation: `python scripts/airflow_picture.py docs/airflow.png`.

Runs the demonstration's first collections under Airflow, waits for the watch, and lets headless Chromium look at a DAG.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from demo.airflow_rest import wait_until  # noqa: E402
from demo.installation import configure, open_site, prepare  # noqa: E402
from demo.local_airflow import LocalAirflow  # noqa: E402
from demo.scheduled import DAGS, begin  # noqa: E402
from demo.survey import write_export  # noqa: E402
from demo.truths import RUNS  # noqa: E402
from demo.year import make_year  # noqa: E402
from umot.scheduling.plan import read_plan  # noqa: E402

_LONG = 900.0
_DAG = "umot_classify"


def main() -> int:
    """Write the picture and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="PNG file to write")
    output = parser.parse_args().output.resolve()
    if not (browser := shutil.which("chromium")):
        sys.stderr.write("chromium is not installed (Debian: apt-get install chromium)\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        take(Path(name) / "demo", browser, output)
    print(f"{output}: {output.stat().st_size // 1024} kB")
    return 0


def take(folder: Path, browser: str, output: Path) -> None:
    """Run the demonstration in a folder and let the browser look at it."""
    prepare(folder)
    with open_site(folder) as site:
        site.as_of = RUNS[0]
        write_export(folder, make_year(), RUNS[0])
        plan = read_plan(configure(folder, site).resolve())
        # Nobody can log in for a browser without hands: everybody on this machine is let in while it runs.
        settings = {"UMOT_CONFIG": str(plan.path), "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}
        with LocalAirflow(folder / "airflow", DAGS, settings) as airflow:
            airflow.start_rest(plan.pools)
            begin(airflow.rest, plan, RUNS[0].isoformat())
            for source in plan.sources:
                airflow.rest.trigger(f"umot_collect_{source}", as_of=RUNS[0].isoformat())
            wait_until("the watch", lambda: _watched(airflow), _LONG)
            look(browser, f"{airflow.url}/dags/{_DAG}", output)


def _watched(airflow: LocalAirflow) -> bool:
    return len([run for run in airflow.rest.runs("umot_watch") if run["state"] == "success"]) > 1


def look(browser: str, url: str, output: Path) -> None:
    """Take a picture of a page once its scripts have had time to draw it."""
    with tempfile.TemporaryDirectory() as profile:
        words = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}")
        size = ("--window-size=1280,720", "--virtual-time-budget=30000", f"--screenshot={output}")
        subprocess.run([browser, *words, *size, url], check=True, capture_output=True)  # noqa: S603 - our own words


if __name__ == "__main__":
    raise SystemExit(main())
