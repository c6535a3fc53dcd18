"""The test infrastructure itself: databases are empty and separate, the browser is real, nothing is skipped quietly."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, attempt: int) -> None:
    url = make_url(database_url)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()


def test_page_is_drawn_by_a_real_browser(page: Page) -> None:
    page.set_content("<title>drawn</title><p id=where></p><script>where.textContent = 1 + 1</script>")
    assert page.title() == "drawn"
    assert page.locator("#where").inner_text() == "2"


def test_skipped_test_counts_as_failed(tmp_path: Path) -> None:
    (tmp_path / "test_in_body.py").write_text("import pytest\ndef test_body(): pytest.skip('later')\n")
    (tmp_path / "test_at_import.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    (tmp_path / "test_excused.py").write_text("import pytest\ndef test_excused(): pytest.xfail('known')\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--continue-on-collection-errors", "-q"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "2 failed, 1 error" in done.stdout
