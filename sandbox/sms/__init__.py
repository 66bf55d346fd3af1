"""The demo's SMS gateway, in SMSC.ru's form, and the phone's inbox."""
