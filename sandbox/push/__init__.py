"""The demo's push service (RFC 8030) and the phone behind it, which opens what was closed for it (RFC 8291)."""
