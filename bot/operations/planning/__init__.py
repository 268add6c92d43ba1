"""Draft plans from what the tables hold, know who is listed to sign, and bring requests to their end."""
