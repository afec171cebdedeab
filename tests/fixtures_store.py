"""A store on each of the two databases, and the registry on top of it.

The tests make databases of their own on the PostgreSQL of postgres_at_hand.py.
"""

import os
import socket
import uuid

import pytest
from sqlalchemy import create_engine, make_url, text

from quintain.registry.keys import Keys
from quintain.registry.master_keys import check_keyring
from quintain.registry.models import Models
from quintain.registry.parse import parse_add
from quintain.storage.engine import Store
from quintain.storage.tables import metadata
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

KINDS = ("sqlite", "postgresql")


class PostgresServer:
    """Makes databases on a server, and drops them at the end."""

    def __init__(self, url):
        self._url = make_url(url)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._made = []

    def new_database(self):
        name = f"quintain_test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name}")
        self._made.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def cut_connections(self, url):
        """End every connection to a database from the server's side, as a restart does."""
        database = make_url(url).database
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )

    def close(self):
        for name in self._made:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")
        self._engine.dispose()

    def _run(self, statement):
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgres():
    server = PostgresServer(os.environ["QUINTAIN_TEST_POSTGRES"])
    yield server
    server.close()


@pytest.fixture(scope="session")
def shared_database(postgres):
    """One database for all tests of this process, emptied before each: making one takes long."""
    return postgres.new_database()


@pytest.fixture(params=KINDS)
def new_store_url(request, tmp_path):
    """A store that has no table yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture(params=KINDS)
def store_url(request, tmp_path):
    """A store with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'quintain.db'}"
    url = request.getfixturevalue("shared_database")
    _empty(url)
    return url


@pytest.fixture
async def store(store_url):
    store = Store(store_url)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def keyring_file(tmp_path):
    return tmp_path / "keyring"


@pytest.fixture
def vault(keyring_file):
    return Vault(Keyring.load_or_create(keyring_file))


@pytest.fixture
def keys(store):
    return Keys(store)


@pytest.fixture
async def models(store, vault):
    await check_keyring(store, vault)
    return Models(store, vault)


@pytest.fixture
async def admin(keys):
    """The admin of project `default`."""
    text = await keys.ensure_admin(None)
    return (await keys.by_prefix(text[:11])).actor()


@pytest.fixture
def registration():
    return new_registration


def new_registration(name="Test Model", version="v1", /, *, model_name="mixtral", **config):
    """A valid body of add-model; keywords go into `model_config`."""
    return parse_add(
        {
            "model_saved_name": name,
            "model_version": version,
            "model_name": model_name,
            "model_config": {
                "model_provider": "together",
                "apikeys": ["sk-a-key-of-together-0001"],
                **config,
            },
        }
    )


def _empty(url):
    """Delete, not truncate: that makes new files, and a sync of each, for a handful of rows."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.execute(text("SELECT to_regclass('changes')")).scalar_one() is not None:
            for table in reversed(metadata.sorted_tables):
                if table.name != "changes":
                    connection.execute(table.delete())
            connection.execute(text("UPDATE changes SET number = 0"))
            for table in ("projects", "keys", "models"):
                connection.execute(text(f"ALTER SEQUENCE {table}_id_seq RESTART"))
    engine.dispose()
