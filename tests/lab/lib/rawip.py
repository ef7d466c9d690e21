#!/usr/bin/python3
"""IPv4 packets by hand: checksum, header, raw sender."""
import socket, struct

def cksum(b):
    if len(b) & 1:
        b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff

def ip(src, dst, proto, payload, ident=0, frag=0, ttl=64):
    """frag: the 16-bit flags and offset field (0x4000 DF, 0x2000 MF)"""
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, frag, ttl, proto, 0,
                    socket.inet_aton(src), socket.inet_aton(dst))
    return h[:10] + struct.pack("!H", cksum(h)) + h[12:] + payload

class Sender:
    def __init__(self):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    def send(self, pkt):
        self.s.sendto(pkt, (socket.inet_ntoa(pkt[16:20]), 0))
