"""Argon2id with the memory and passes OWASP recommends for a server that signs many people in at once.

Django's own values take 100 MB and eight threads a try: eight tries at once are 800 MB, and on two cores a fifth of a
second of both. These take 19 MiB and about 22 ms. A password hashed otherwise is hashed anew at its next sign-in.
"""

from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1
