# SPDX-License-Identifier: GPL-2.0-or-later
"""sas.py ADDRESS...: what `ip xfrm state` or `ip -ts xfrm monitor` printed (standard input), as lines
"EVENT FROM..TO SPI src=... dst=... proto=..." and so on; "-" for what there is not. EVENT: new (without a time: it was
there), update, delete, soft-expire, hard-expire. Larval ones, without algorithms, are left out; ADDRESSes are local.
The monitor tells the time when it prints: it may be late by what a guest's scheduling takes, a second at most."""
import datetime, re, sys

FIELDS = ("src", "dst", "proto", "mode", "reqid", "mark", "if_id", "encap", "enc", "auth", "auth_bits", "dir")
PROTOCOLS = {"esp": "50", "ah": "51", "comp": "108"}
EVENTS = {None: "new", "Updated": "update", "Deleted": "delete", "Expired": "soft-expire"}
BEGIN = re.compile(r"(?:\[([-0-9T:.]+)\] )?(?:(Updated|Deleted|Expired) )?src (\S+) dst (\S+)")


def detail(sa, words):
    key = words[0]
    if key == "proto" and "spi" in words:
        sa.update(proto=PROTOCOLS.get(words[1], words[1]), spi=words[3], reqid=words[5], mode=words[7])
        sa["reqid"] = "-" if sa["reqid"] == "0" else sa["reqid"]
    elif key == "mark":
        sa["mark"] = words[1].split("/")[0]
    elif key == "if_id":
        sa["if_id"] = words[1]
    elif key == "encap":
        sa["encap"] = words[6]
    elif key in ("enc", "comp", "aead", "auth-trunc"):
        sa["keyed"] = True
        if key in ("enc", "aead"):
            sa["enc"] = words[1]
        if key == "auth-trunc":
            sa["auth"] = words[1]
        if key in ("aead", "auth-trunc"):
            sa["auth_bits"] = words[3]
    elif key == "hard":
        sa["event"] = "hard-expire" if words[1] == "1" else "soft-expire"


def show(sa, local):
    if "spi" not in sa or not (sa["keyed"] or "expire" in sa["event"] or sa["event"] == "delete"):
        return
    here, there = sa["src"] in local, sa["dst"] in local
    if here != there:
        sa["dir"] = "out" if here else "in"
    print(sa["event"], sa["time"], sa["spi"], *("%s=%s" % (f, sa.get(f, "-")) for f in FIELDS))


def main():
    sa = {}
    for line in sys.stdin:
        m = BEGIN.match(line)
        if m:
            show(sa, sys.argv[1:])
            at = datetime.datetime.fromisoformat(m[1]).timestamp() if m[1] else None
            sa = {"event": EVENTS[m[2]], "time": "%.6f..%.6f" % (at - 1, at) if at else "-", "src": m[3], "dst": m[4], "keyed": False}
        elif line[:1] == "\t" and line.split():
            detail(sa, line.split())
        elif line.strip():
            show(sa, sys.argv[1:])
            sa = {}
    show(sa, sys.argv[1:])


main()
