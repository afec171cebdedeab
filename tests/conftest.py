pytest_plugins = ["tests.postgres_at_hand", "tests.fixtures_store", "tests.fixtures_served", "tests.fixtures_gateway"]
