"""SEE: detections, surges, who is hit. Values in, values out."""
