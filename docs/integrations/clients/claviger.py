#!/usr/bin/env python3
"""Asks a Claviger daemon whose a secret is and what it opens. One file, Python 3.9 or later, nothing else.

    import claviger

    daemon = claviger.Client()
    try:
        verdict = daemon.verify(secret, "everyday")      # without an account: daemon.verify(secret)
    except claviger.Busy as busy:                        # ask again in busy.retry_after_ms
        ...
    except claviger.Refused as refused:                  # everything else that is no grant
        return refused.status, refused.code

As a command: python3 claviger.py verify [--account ID] < key, or: python3 claviger.py visible < key

A client may be shared by threads: each keeps a connection of its own. No verdict is kept.
"""

import http.client
import json
import os
import socket
import sys
import threading


class Refused(Exception):
    """Not granted. `code` and `status` are those of the protocol."""

    def __init__(self, code, status, message, retry_after_ms=None):
        super().__init__(message)
        self.code, self.status, self.retry_after_ms = code, status, retry_after_ms


class Unauthorized(Refused):
    """The secret is no living key's."""


class StorageModeRequired(Refused):
    """The secret is right, but Storage Mode is off."""


class NotFound(Refused):
    """The account is out of the key's scope, or there is none: nobody can tell which."""


class Busy(Refused):
    """The daemon has too much to do: ask again in `retry_after_ms`."""


class Unreachable(Refused):
    """Nobody could be asked, or what answered was not understood."""

    def __init__(self, message):
        super().__init__("UNREACHABLE", 503, message)


_KINDS = {
    "UNAUTHORIZED": Unauthorized,
    "STORAGE_MODE_REQUIRED": StorageModeRequired,
    "NOT_FOUND": NotFound,
    "BUSY": Busy,
}

# None is not "left out": a variable that is not set must never skip the check of an account.
_LEFT_OUT = object()


def socket_path():
    """Where the daemon listens by default."""
    run = os.environ.get("CLAVIGER_RUNTIME_DIR")
    if not run:
        state = os.environ.get("XDG_STATE_HOME", "")
        state = state if os.path.isabs(state) else os.path.expanduser("~/.local/state")
        run = os.path.join(state, "claviger", "run")
    return os.path.join(run, "verify.sock")


class Client:
    """Asks one daemon. `timeout` is how long to wait for it, in seconds."""

    def __init__(self, path=None, timeout=10):
        self._path, self._timeout = path or socket_path(), timeout
        self._local = threading.local()

    def verify(self, secret, account=_LEFT_OUT):
        """Returns the verdict, or raises `Refused`. Without an account, look at `scope` yourself."""
        params = {"secret": secret}
        if account is not _LEFT_OUT:
            if not isinstance(account, str) or not account:
                raise Refused("INVALID_PARAMS", 400, "the account is empty: leave it out to check none")
            params["account"] = account
        verdict = self._call("keys.verify", params)
        try:
            seen = verdict["account"]["id"] if "account" in params else verdict["account"]
            if isinstance(verdict["key"]["id"], str) and seen == params.get("account"):
                return verdict
        except (KeyError, TypeError):
            pass
        raise Unreachable("what answered gave no verdict on this question")

    def visible(self, secret):
        """Returns the accounts that the secret's key may see, or raises `Refused`."""
        result = self._call("accounts.visible", {"secret": secret})
        if isinstance(result, dict) and isinstance(result.get("accounts"), list):
            return result["accounts"]
        raise Unreachable("what answered gave no accounts")

    def _call(self, method, params):
        if not isinstance(params["secret"], str):
            raise Refused("INVALID_PARAMS", 400, "the secret is no text")
        # An id that nobody can guess: an answer to another question is never taken for the one to this.
        call = {"jsonrpc": "2.0", "id": os.urandom(12).hex(), "method": method, "params": params}
        try:
            status, body = self._post(json.dumps(call).encode())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"nobody could be asked: {type(error).__name__}") from None
        try:
            answer = json.loads(body)
            if "error" in answer:
                error = answer["error"]
                # Where HTTP itself refuses, the code stands beside the message.
                facts = error.get("data") or error
                code, wait = str(facts["code"]), facts.get("retry_after_ms")
                wait = 1000 if code == "BUSY" and wait is None else wait
                raise _KINDS.get(code, Refused)(code, facts.get("status", status), error["message"], wait)
            if status == 200 and answer["id"] == call["id"]:
                return answer["result"]
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        raise Unreachable("what answered was not understood")

    def _post(self, body):
        # A child of fork() must not speak on its parent's connection.
        kept = getattr(self._local, "kept", None)
        if kept and kept[0] == os.getpid() and kept[1].sock:
            try:
                return self._exchange(kept[1], body)
            except (ConnectionError, http.client.BadStatusLine):
                pass  # Closed while nobody looked. To ask once more does no harm.
        return self._exchange(_Connection(self._path, self._timeout), body)

    def _exchange(self, connection, body):
        self._local.kept = None
        try:
            connection.request("POST", "/", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        except BaseException:
            # Whatever broke this off: the answer must not meet the next question.
            connection.close()
            raise
        self._local.kept = (os.getpid(), connection)
        return status, body


class _Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _command(arguments):
    """Exit status: 0 granted, 2 usage, 3 to 5 and 7 as `claviger` has them, 8 BUSY, 1 anything else."""
    if arguments == ["visible"]:
        ask = Client().visible
    elif arguments == ["verify"]:
        ask = Client().verify
    elif len(arguments) == 3 and arguments[:2] == ["verify", "--account"]:
        ask = lambda secret: Client().verify(secret, arguments[2])
    else:
        # What was given is not repeated: it may be a secret.
        print("usage: claviger.py verify [--account ID] < key\n       claviger.py visible < key", file=sys.stderr)
        return 2
    secret = sys.stdin.buffer.read().decode(errors="replace")
    secret = secret[:-1].removesuffix("\r") if secret.endswith("\n") else secret
    try:
        print(json.dumps(ask(secret)))
        return 0
    except Refused as refused:
        print(f"{refused.code}: {refused}", file=sys.stderr)
        statuses = {"INVALID_PARAMS": 2, "UNAUTHORIZED": 3, "NOT_FOUND": 4, "STORAGE_MODE_REQUIRED": 5}
        statuses.update({"UNREACHABLE": 7, "BUSY": 8})
        return statuses.get(refused.code, 1)


if __name__ == "__main__":
    sys.exit(_command(sys.argv[1:]))
