"""The use cases: plain functions that load, ask the domain, store, and commit once."""
