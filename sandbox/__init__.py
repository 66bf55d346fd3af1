"""The demo's bank, SMS inbox and mail inbox: a process apart, met by HTTP and SMTP only."""
