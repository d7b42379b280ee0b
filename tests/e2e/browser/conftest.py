import pytest
from support.browser import running_browser


@pytest.fixture(scope="module", autouse=True)
def browser():
    with running_browser():
        yield
