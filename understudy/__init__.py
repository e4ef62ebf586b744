"""The command and its face: cli, settings, supervisor, embedded Redis, admin API, demo."""
