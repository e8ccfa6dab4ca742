"""Pipeline: what happens to a record, as pure functions on Arrow tables; no Ray."""
