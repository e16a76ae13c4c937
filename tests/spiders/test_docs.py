"""The worked example of the documentation, carried out in a copy of the project."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-source.md"
BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_passes_the_contract(tmp_path):
    blocks = BLOCK.findall(PAGE.read_text())
    shutil.copytree(ROOT / "spiders", tmp_path / "spiders", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copytree(ROOT / "tests" / "spiders", tmp_path / "tests" / "spiders")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "__init__.py").touch()
    for name, text in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-k", "praatpaal", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "tests/spiders/test_contract.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\b(\d+) passed", done.stdout)[1] >= "10"
    source = next(text for name, text in blocks if name.startswith("spiders/sources/"))
    code = [line for line in source.splitlines() if line.strip() and '"""' not in line]
    assert len([line for line in code if "import" not in line]) <= 36


def test_every_rule_of_the_page_names_things_that_exist():
    for module, name in re.findall(r"`(spiders\.bases\.\w+)\.(\w+)`", PAGE.read_text()):
        assert f"class {name}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()
