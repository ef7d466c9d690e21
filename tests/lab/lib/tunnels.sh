# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# tunnels.sh - tunnels between hq and cloud with static keys.
# Every tun_X brings up the devices at both ends and their addresses.

# The far address of tunnels over transport mode: a vti swallows ESP, too, that comes from its own endpoint.
FAR=$CLOUD3

K16=0x0123456789abcdef0123456789abcdef
K20=0x0123456789abcdef0123456789abcdef01234567
KGCM=0x0123456789abcdef0123456789abcdef01234567	# 16 key + 4 salt
CBC="enc cbc(aes) $K16 auth-trunc hmac(sha1) $K20 96"
GCM="aead rfc4106(gcm(aes)) $KGCM 128"
CBC256="enc cbc(aes) ${K16}0123456789abcdef0123456789abcdef auth-trunc hmac(sha256) ${K16}0123456789abcdef0123456789abcdef 128"

# sa_pair A B SPI MODE ALGO [STATE WORD]...: an SA each way, in both
# namespaces; SPI for A to B, SPI+1 for B to A.  A is hq's address.
sa_pair()
{
	local a=$1 b=$2 spi=$3 mode=$4 algo=$5 ns
	shift 5
	for ns in hq cloud; do
		ip -n $ns xfrm state add src "$a" dst "$b" proto esp spi $((spi)) \
			reqid $((spi)) mode "$mode" replay-window 64 $algo "$@"
		ip -n $ns xfrm state add src "$b" dst "$a" proto esp spi $((spi + 1)) \
			reqid $((spi)) mode "$mode" replay-window 64 $algo "$@"
	done
}

# vti_pair DEV KEY A B AIN BIN: VTI devices with /30 addresses; in IPv6: vti6 ones with /126
vti_pair()
{
	local dev=$1 key=$2 a=$3 b=$4 ain=$5 bin=$6 type=vti len=/30 ip=ipv4
	[[ $a != *:* ]] || { type=vti6 len='/126 nodad' ip=ipv6; }
	ip -n hq -batch - <<-X
		link add $dev type $type local $a remote $b key $key
		addr add $ain$len dev $dev
		link set $dev up mtu 1436
	X
	ip -n cloud -batch - <<-X
		link add $dev type $type local $b remote $a key $key
		addr add $bin$len dev $dev
		link set $dev up mtu 1436
	X
	ip netns exec hq sysctl -qw net.$ip.conf.$dev.disable_policy=1
	ip netns exec cloud sysctl -qw net.$ip.conf.$dev.disable_policy=1
}

# vti_static DEV KEY A B AIN BIN ALGO [STATE WORD]...
vti_static()
{
	local dev=$1 key=$2 a=$3 b=$4 ain=$5 bin=$6 algo=$7
	shift 7
	vti_pair "$dev" "$key" "$a" "$b" "$ain" "$bin"
	sa_pair "$a" "$b" 0xc000${key}0 tunnel "$algo" mark "$key" mask 0xffffffff "$@"
	vti_policies "$key" "$a" "$b" 0xc000${key}0
}

# KEY A B REQID
vti_policies()
{
	local any=0.0.0.0/0
	[[ $2 != *:* ]] || any=::/0
	ip -n hq -batch - <<-X
		xfrm policy add dir out mark $1 src $any dst $any tmpl src $2 dst $3 proto esp reqid $(($4)) mode tunnel
		xfrm policy add dir in  mark $1 src $any dst $any tmpl src $3 dst $2 proto esp reqid $(($4)) mode tunnel
		xfrm policy add dir fwd mark $1 src $any dst $any tmpl src $3 dst $2 proto esp reqid $(($4)) mode tunnel
	X
	ip -n cloud -batch - <<-X
		xfrm policy add dir out mark $1 src $any dst $any tmpl src $3 dst $2 proto esp reqid $(($4)) mode tunnel
		xfrm policy add dir in  mark $1 src $any dst $any tmpl src $2 dst $3 proto esp reqid $(($4)) mode tunnel
		xfrm policy add dir fwd mark $1 src $any dst $any tmpl src $2 dst $3 proto esp reqid $(($4)) mode tunnel
	X
}

# an AWS-like pair: vti1 AES-CBC/SHA1, vti2 AES-GCM
tun_vti()
{
	vti_static vti1 1 $HQ $CLOUD 169.254.252.2 169.254.252.1 "$CBC"
	vti_static vti2 2 $HQ $CLOUD2 169.254.252.6 169.254.252.5 "$GCM"
}

# the same with IPv6 inside and outside
tun_vti6()
{
	vti_static vti61 3 $HQ6 $CLOUD6 2001:db8:b1::1 2001:db8:b1::2 "$CBC"
	vti_static vti62 4 $HQ6 $CLOUD26 2001:db8:b2::1 2001:db8:b2::2 "$GCM"
}

# tun_vti through UDP 4500 (needs a socket that decapsulates at each end)
tun_vti_natt()
{
	local ns
	for ns in hq cloud; do
		lab_bg espinudp-$ns $ns python3 "$LAB/lib/espinudp.py"
	done
	vti_static vti1 1 $HQ $CLOUD 169.254.252.2 169.254.252.1 "$CBC" encap espinudp 4500 4500 0.0.0.0
	vti_static vti2 2 $HQ $CLOUD2 169.254.252.6 169.254.252.5 "$GCM" encap espinudp 4500 4500 0.0.0.0
}

# xfrm interfaces instead of VTI (qemu-run only: UML has no xfrm_interface)
tun_xfrmi()
{
	local n a b in any
	# packets of both IP versions
	sa_pair $HQ $CLOUD 0xe0000010 tunnel "$CBC" if_id 11 flag af-unspec
	for n in hq cloud; do
		a=$HQ b=$CLOUD in=10.99.8.1
		[ $n = hq ] || { a=$CLOUD b=$HQ in=10.99.8.2; }
		ip -n $n -batch - <<-X
			link add ipsec1 type xfrm dev wan if_id 11
			addr add $in/30 dev ipsec1
			link set ipsec1 up
		X
		for any in 0.0.0.0/0 ::/0; do
			ip -n $n -batch - <<-X
				xfrm policy add dir out src $any dst $any if_id 11 tmpl src $a dst $b proto esp reqid $((0xe0000010)) mode tunnel
				xfrm policy add dir in  src $any dst $any if_id 11 tmpl src $b dst $a proto esp reqid $((0xe0000010)) mode tunnel
				xfrm policy add dir fwd src $any dst $any if_id 11 tmpl src $b dst $a proto esp reqid $((0xe0000010)) mode tunnel
			X
		done
	done
}

# SPI PROTO [SELECTOR WORD]...: hq <-> cloud ($FAR), transport mode
transport_policies()
{
	local spi=$1 proto=$2
	shift 2
	ip -n hq -batch - <<-X
		xfrm policy add dir out src $HQ dst $FAR proto $proto $* tmpl proto esp reqid $((spi)) mode transport
		xfrm policy add dir in  src $FAR dst $HQ proto $proto $* tmpl proto esp reqid $((spi)) mode transport
	X
	ip -n cloud -batch - <<-X
		xfrm policy add dir out src $FAR dst $HQ proto $proto $* tmpl proto esp reqid $((spi)) mode transport
		xfrm policy add dir in  src $HQ dst $FAR proto $proto $* tmpl proto esp reqid $((spi)) mode transport
	X
}

# plain_link DEV TYPE A B [LINK WORD]...: without addresses
plain_link()
{
	local dev=$1 type=$2 a=$3 b=$4

	shift 4
	ip -n hq link add $dev type $type local $a remote $b "$@"
	ip -n cloud link add $dev type $type local $b remote $a "$@"
	ip -n hq link set $dev up
	ip -n cloud link set $dev up
}

# plain_pair DEV TYPE A B AIN BIN PREFIX [LINK WORD]...
plain_pair()
{
	local dev=$1 type=$2 a=$3 b=$4 ain=$5 bin=$6 len=$7
	shift 7
	ip -n hq -batch - <<-X
		link add $dev type $type local $a remote $b $*
		addr add $ain/$len dev $dev
		link set $dev up
	X
	ip -n cloud -batch - <<-X
		link add $dev type $type local $b remote $a $*
		addr add $bin/$len dev $dev
		link set $dev up
	X
}

tun_gre_ipsec()
{
	plain_pair gre1 gre $HQ $FAR 10.99.1.1 10.99.1.2 30 ttl 64
	sa_pair $HQ $FAR 0xd0000010 transport "$CBC"
	transport_policies 0xd0000010 gre
}

tun_ipip_ipsec()
{
	plain_pair ipip1 ipip $HQ $FAR 10.99.2.1 10.99.2.2 30 ttl 64
	sa_pair $HQ $FAR 0xd0000020 transport "$CBC"
	transport_policies 0xd0000020 4
}

tun_gre() { plain_pair gre1 gre $HQ $CLOUD 10.99.1.1 10.99.1.2 30 ttl 64; }
# a vti between the same endpoints swallows IP in IP, of either version: another address
tun_ipip() { plain_pair ipip1 ipip $HQ $CLOUD3 10.99.2.1 10.99.2.2 30 ttl 64; }

# DS-Lite: IPv4 in IPv6, no encapsulation limit option, MTU 1460
tun_dslite()
{
	plain_pair ds0 ip6tnl $HQ6 $CLOUD6 192.0.0.2 192.0.0.1 29 mode ipip6 encaplimit none
	ip -n hq link set ds0 mtu 1460
	ip -n cloud link set ds0 mtu 1460
}

tun_sit()
{
	plain_pair sit1 sit $HQ $CLOUD3 2001:db8:99::1 2001:db8:99::2 64 ttl 64
}

tun_vxlan()
{
	plain_pair vx100 vxlan $HQ $CLOUD 10.99.4.1 10.99.4.2 30 id 100 dstport 4789
}

# an Ethernet tunnel in a bridge at each end: the bridges have the addresses
tun_gretap()
{
	local n

	plain_link gretap1 gretap $HQ $CLOUD key 9
	for n in hq/1 cloud/2; do
		ip -n ${n%/*} -batch - <<-X
			link add br9 type bridge
			link set gretap1 master br9
			addr add 10.99.9.${n#*/}/30 dev br9
			link set br9 up
		X
	done
}

# two vxlans with the names and addresses of the VTI pair, for host-run, where
# there is no ESP
tun_standin()
{
	local n
	plain_pair vti1 vxlan $HQ $CLOUD 169.254.252.2 169.254.252.1 30 id 1 dstport 4789
	plain_pair vti2 vxlan $HQ $CLOUD2 169.254.252.6 169.254.252.5 30 id 2 dstport 4789
	for n in vti1 vti2; do
		ip -n hq link set $n mtu 1436
		ip -n cloud link set $n mtu 1436
	done
}

# OpenVPN: TLS, peer-to-peer over UDP 1194, ping-restart 5 s, key renewal 60 s
tun_openvpn()
{
	local d=$S/ovpn n fp
	mkdir -p "$d"
	for n in hq cloud; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
			-keyout "$d/$n.key" -out "$d/$n.crt" -subj /CN=$n -days 3650 2> /dev/null
		cat > "$d/$n.conf" <<-X
			dev ovpn0
			dev-type tun
			proto udp
			port 1194
			dh none
			data-ciphers AES-128-GCM
			ping 1
			ping-restart 5
			reneg-sec ${OVPN_RENEG:-60}
			persist-key
			verb 3
			cert $d/$n.crt
			key $d/$n.key
			status /run/openvpn.status 2
			management /run/openvpn.sock unix
		X
	done
	fp() { openssl x509 -in "$d/$1.crt" -noout -fingerprint -sha256 | cut -d= -f2; }
	printf '%s\n' "remote $CLOUD" tls-client "ifconfig 10.99.5.1 10.99.5.2" \
		"peer-fingerprint $(fp cloud)" >> "$d/hq.conf"
	printf '%s\n' "remote $HQ" tls-server "ifconfig 10.99.5.2 10.99.5.1" \
		"peer-fingerprint $(fp hq)" >> "$d/cloud.conf"
	for n in cloud hq; do lab_bg openvpn-$n $n openvpn --config "$d/$n.conf"; done
}

# WireGuard: the kernel's where it has it, else wireguard-go
tun_wg()
{
	local d=$S/wg n peer in
	mkdir -p "$d"
	for n in hq cloud; do
		(umask 077; wg genkey > "$d/$n.key")
		wg pubkey < "$d/$n.key" > "$d/$n.pub"
		ip -n $n link add wg0 type wireguard 2> /dev/null ||
			lab_bg wg-$n $n env WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 \
				LOG_LEVEL=verbose wireguard-go -f wg0
	done
	for n in cloud hq; do
		wait_for 10 lab_in $n wg show wg0
		in=10.99.6.1 peer=cloud
		[ $n = hq ] || { in=10.99.6.2 peer=hq; }
		set -- endpoint $CLOUD:51820 persistent-keepalive 5
		[ $n = hq ] || set --
		lab_in $n wg set wg0 private-key "$d/$n.key" listen-port 51820 \
			peer "$(cat "$d/$peer.pub")" allowed-ips 0.0.0.0/0,::/0 "$@"
		ip -n $n addr add $in/30 dev wg0
		ip -n $n link set wg0 up mtu 1420
	done
}

# L2TP over transport-mode ESP: xl2tpd + pppd, LAC at hq, LNS at cloud.
# tun_l2tp plain: without ESP
tun_l2tp()
{
	local d=$S/l2tp n
	mkdir -p "$d"
	modprobe -a l2tp_ppp ppp_generic 2> /dev/null
	[ -e /dev/ppp ] || mknod /dev/ppp c 108 0
	if [ "${1-}" != plain ]; then
		sa_pair $HQ $FAR 0xd0000030 transport "$CBC"
		transport_policies 0xd0000030 udp sport 1701 dport 1701
	fi
	for n in hq cloud; do
		printf '%s\n' noauth nodefaultroute nobsdcomp nodeflate novj novjccomp \
			nopcomp noaccomp "mtu 1400" "mru 1400" "ifname l2tp0" \
			"lcp-echo-interval 2" "lcp-echo-failure 3" debug \
			"logfile $OUT/ppp-$n.log" > "$d/$n.ppp"
	done
	cat > "$d/hq.conf" <<-X
		[global]
		port = 1701
		[lac cloud]
		lns = $FAR
		pppoptfile = $d/hq.ppp
		autodial = yes
		redial = yes
		redial timeout = 2
		require authentication = no
		length bit = yes
	X
	cat > "$d/cloud.conf" <<-X
		[global]
		port = 1701
		listen-addr = $FAR
		[lns default]
		ip range = 10.99.7.2-10.99.7.9
		local ip = 10.99.7.1
		require authentication = no
		pppoptfile = $d/cloud.ppp
		length bit = yes
	X
	for n in cloud hq; do
		mkdir -p /run/xl2tpd "$S/run.cloud/xl2tpd"
		lab_bg xl2tpd-$n $n xl2tpd -D -c "$d/$n.conf" -p /run/xl2tpd/pid -C /run/xl2tpd/ctl
	done
}
