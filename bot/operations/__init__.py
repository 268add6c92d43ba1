"""One use case a module. Only these open transactions and call the doors."""
