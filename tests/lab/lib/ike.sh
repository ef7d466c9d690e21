# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ike.sh - the VTI pair with strongSwan (charon + swanctl) instead of static
# keys.  hq initiates and re-initiates; cloud answers, as AWS does.
#
#   IKE_REKEY (20s)  life of an ESP SA         IKE_DPD (3s)  DPD interval
#   IKE_ENCAP (no)   yes: force UDP 4500       hq's address: argument of ike_conf

# ike_conf NS HQADDR
ike_conf()
{
	local ns=$1 hq=$2 n lo re lid rid start dpd esp enc=${IKE_ENCAP:-no}
	echo "connections {"
	for n in 1 2; do
		re=$CLOUD esp=aes128-sha1
		[ $n = 1 ] || { re=$CLOUD2 esp=aes128gcm16; }
		lo=$hq lid=hq rid=cloud$n start=start dpd=restart
		[ "$ns" = hq ] || { lo=$re re=%any lid=cloud$n rid=hq start=none dpd=clear; }
		cat <<-X
			t$n {
			  version = 2
			  local_addrs = $lo
			  remote_addrs = $re
			  proposals = aes128-sha1-ecp256
			  dpd_delay = ${IKE_DPD:-3s}
			  rekey_time = ${IKE_IKEREKEY:-0s}
			  keyingtries = 0
			  unique = replace
			  mobike = no
			  encap = $enc
			  local { auth = psk
			    id = $lid }
			  remote { auth = psk
			    id = $rid }
			  children { t$n {
			    local_ts = 0.0.0.0/0
			    remote_ts = 0.0.0.0/0
			    mark_in = $n
			    mark_out = $n
			    esp_proposals = $esp
			    rekey_time = ${IKE_REKEY:-20s}
			    life_time = ${IKE_LIFE:-30s}
			    rand_time = 0s
			    start_action = $start
			    dpd_action = $dpd
			  } }
			}
		X
	done
	echo "}"
	echo 'secrets { ike-1 { secret = "lab only, not a secret" } }'
}

# ike_start NS: charon of one namespace
ike_start()
{
	local ns=$1
	mkdir -p "$S/ike"
	cat > "$S/ike/$ns.strongswan.conf" <<-X
		charon {
		  load = random nonce openssl aes sha1 sha2 hmac kdf gcm kernel-netlink socket-default vici updown
		  install_routes = no
		  install_virtual_ip = no
		  threads = 8
		  retransmit_timeout = 1.0
		  retransmit_base = 1.4
		  retransmit_tries = 3
		  retry_initiate_interval = 3s
		  filelog { log {
		    path = $OUT/charon-$ns.log
		    time_format = %s
		    time_add_ms = yes
		    default = 1
		    flush_line = yes
		  } }
		}
		swanctl { load = random openssl }
	X
	STRONGSWAN_CONF="$S/ike/$ns.strongswan.conf" lab_bg charon-$ns $ns /usr/lib/ipsec/charon
	wait_for 15 lab_in $ns test -S /run/charon.vici
}

# ike_ctl NS SWANCTL-WORD...
ike_ctl()
{
	local ns=$1
	shift
	STRONGSWAN_CONF="$S/ike/$ns.strongswan.conf" lab_in $ns swanctl "$@"
}

# ike_load NS [HQADDR]
ike_load()
{
	ike_conf "$1" "${2:-$HQ}" > "$S/ike/$1.swanctl.conf"
	ike_ctl "$1" --load-all --file "$S/ike/$1.swanctl.conf" 2>&1 |
		grep -v '^opening directory'
	return "${PIPESTATUS[0]}"
}

tun_ike()
{
	local ns
	modprobe -a esp4 xfrm_user authenc cbc hmac gcm echainiv seqiv ctr 2> /dev/null
	vti_pair vti1 1 $HQ $CLOUD 169.254.252.2 169.254.252.1
	vti_pair vti2 2 $HQ $CLOUD2 169.254.252.6 169.254.252.5
	for ns in cloud hq; do
		ike_start $ns || return 1
		ike_load $ns > "$OUT/swanctl-$ns.log" 2>&1 || return 1
	done
	wait_for 60 answers hq 169.254.252.1 && wait_for 60 answers hq 169.254.252.5
}
