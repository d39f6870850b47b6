"""Runs the stand-in by hand: python -m e2e.upstream [PORT]. The model name chooses the behaviour."""

import sys
import threading

from .behaviours import BY_MODEL
from .server import ScriptedUpstream

upstream = ScriptedUpstream(int(sys.argv[1]) if len(sys.argv) > 1 else 0).start()
print(f"listening on {upstream.base}; models: {', '.join(BY_MODEL)}, status-<code>", flush=True)
threading.Event().wait()
