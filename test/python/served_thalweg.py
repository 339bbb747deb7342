"""Stands for the command line: lets the process of the tests run it (test/support/command-server.ts), and says what it said."""

import json
import os
import socket
import sys

served = socket.socket(socket.AF_UNIX)
served.connect(sys.argv[1])
served.sendall(json.dumps({"cwd": os.getcwd(), "args": sys.argv[2:]}).encode())
served.shutdown(socket.SHUT_WR)
answer = json.loads(b"".join(iter(lambda: served.recv(1 << 16), b"")))
sys.stderr.write(answer["err"])
sys.stdout.write(answer["out"])
sys.exit(answer["code"])
