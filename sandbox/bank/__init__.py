"""The demo's bank: YooKassa's API v3, its payment page and its notifications, with made-up money."""
