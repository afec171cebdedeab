"""Test runs: one suite on one model version, attempt by attempt."""
