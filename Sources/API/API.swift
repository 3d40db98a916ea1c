// API: generated messages and service protocols.
