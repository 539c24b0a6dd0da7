"""Networks whose filter a transformer predicts: ToMP."""
