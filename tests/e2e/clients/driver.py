"""Asks through claviger.py what each line of JSON says, and writes what came of it as a line of JSON."""

import json
import sys

import claviger

client = claviger.Client(timeout=int(sys.argv[1]) / 1000)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        granted = getattr(client, asked["method"])(*asked["arguments"])
        outcome = {"granted": granted}
    except claviger.Refused as refused:
        outcome = {
            "kind": type(refused).__name__,
            "code": refused.code,
            "status": refused.status,
            "message": str(refused),
            "retry_after_ms": refused.retry_after_ms,
        }
    print(json.dumps(outcome), flush=True)
