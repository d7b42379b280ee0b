import pytest
from support.service import Service


@pytest.fixture(scope="module")
def service():
    """A service with `--dev` for the tests of one file."""
    with Service() as running:
        yield running


@pytest.fixture
def client(service):
    return service.client


@pytest.fixture
def domain(client):
    return client.new_domain()
