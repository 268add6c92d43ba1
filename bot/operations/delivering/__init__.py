"""What people are told, and what they press: cards, answers, details."""
