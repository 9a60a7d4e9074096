# Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
import base64
import runpy
import sys

path, name = sys.argv[1:3]
snippet = runpy.run_path(path)


def ask(line):
    secrets, message_id, timestamp, signature, body, now, header = map(base64.b64decode, line.split("\t"))
    keys = secrets.decode().split(",")
    given = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    headers = {key: value.decode() for key, value in given.items() if value}
    if name == "is_signed":
        return snippet["is_signed"](keys[0], header.decode(), body, signature.decode())
    if name == "is_signed_inside":
        return snippet["is_signed_inside"](keys[0], body)
    return snippet["is_genuine"](keys, headers, body, int(now))


def answer(line):
    try:
        return "true" if ask(line) else "false"
    except ValueError:
        return "false"


print("\n".join(answer(line.rstrip("\n")) for line in sys.stdin))
