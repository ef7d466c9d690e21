#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold UDP port 4500 open and let the kernel take ESP out of it (NAT-T)."""
import socket, signal
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 100, 2)	# UDP_ENCAP, UDP_ENCAP_ESPINUDP
s.bind(("0.0.0.0", 4500))
signal.pause()
