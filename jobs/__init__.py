"""Jobs: when; one short module a stage, and the `seedwright` command."""
