"""AGREE, done: people judged, requests made, called for, signed, withdrawn."""
