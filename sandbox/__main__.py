"""`python -m sandbox --port 8001 --home DIR`."""

import sys

from sandbox import server

sys.exit(server.main())
