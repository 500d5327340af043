"""Options of the test suite."""

import os

import pytest

# Nothing is taken from, or left in, the user's cache: each test compiles.
os.environ["JITAD_CACHE"] = "0"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite the expected halves of tests/golden/*.ir")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--bless")
