"""The API of the account for native apps: `wire` is the way in and out, one module a part of the account."""
