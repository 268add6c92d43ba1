"""AGREE: the plan, who may ask and sign, the life of a request. Values in, values out."""
