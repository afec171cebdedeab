import pytest

from quintain.storage import urls
from quintain.storage.urls import BadStoreUrl, parse_url


def test_a_file_of_sqlite_is_taken():
    assert parse_url("sqlite:////data/quintain.db").database == "/data/quintain.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_gets_our_driver(scheme):
    assert parse_url(f"{scheme}://user@host/name").drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(url):
    with pytest.raises(BadStoreUrl, match="would be lost"):
        parse_url(url)


def test_another_database_is_refused_by_its_name():
    with pytest.raises(BadStoreUrl, match="cannot be kept in mysql"):
        parse_url("mysql://user@host/name")


def test_an_unreadable_url_is_refused_without_showing_its_password():
    with pytest.raises(BadStoreUrl) as refused:
        parse_url("postgresql//user:hunter2@host")
    assert "hunter2" not in str(refused.value)


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch):
    monkeypatch.setattr(urls, "find_spec", lambda name: None)
    with pytest.raises(BadStoreUrl, match=r"pip install 'quintain\[postgres\]'"):
        parse_url("postgresql://user@host/name")
