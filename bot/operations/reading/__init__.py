"""Read what judging a surge needs, and keep it with its age: for the tenant at night, for a surge when it is there."""
