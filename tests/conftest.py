pytest_plugins = ["tests.fixtures_store", "tests.fixtures_served", "tests.fixtures_gateway"]
