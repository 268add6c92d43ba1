"""The door to a breach service: the only place that talks to it, and the only way an address leaves the house."""
