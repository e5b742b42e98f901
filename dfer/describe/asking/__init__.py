"""One question to one server: the request and its cache key, the sending, the reading, the failures."""
