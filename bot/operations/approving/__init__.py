"""AGREE, done: plans drafted, people judged, requests made, called for, signed, settled."""
