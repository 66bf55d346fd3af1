"""The demo's mail server: takes every letter by SMTP, sends none on, and shows them."""
