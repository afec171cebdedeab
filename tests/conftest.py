from hypothesis import settings

# A busy machine is no finding; pytest-timeout catches what hangs.
settings.register_profile("quintain", deadline=None)
settings.load_profile("quintain")

pytest_plugins = [
    "tests.postgres_at_hand",
    "tests.tools_at_hand",
    "tests.npm_at_hand",
    "tests.fixtures_store",
    "tests.fixtures_served",
    "tests.fixtures_gateway",
]
