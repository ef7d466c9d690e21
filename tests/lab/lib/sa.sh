# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# sa.sh - hq's security associations, as `ip xfrm state` shows them
#
#   sa_list                    a line for each that is no larval one: "SPI src=... dst=..." and so on
#   want_sas FILE NEW GONE [SPI]...
#                              the program must have recorded these (or all) of a kept list, as new within NEW and
#                              as gone within GONE: FROM..TO, or "-" for not at all, or "" for whenever

sa_list()
{
	ip -n hq xfrm state | awk -v local="$(ip -n hq -o addr | awk '{ sub("/.*", "", $4); printf " %s", $4 } END { print " " }')" '
		function show() {
			if (keyed)
				print spi, "src=" src, "dst=" dst, "proto=" proto, "mode=" mode, "reqid=" reqid, "mark=" mark,
					"if_id=" if_id, "encap=" encap, "enc=" enc, "auth=" auth, "auth_bits=" bits, "dir=" dir
		}
		$1 == "src" {
			show()
			src = $2; dst = $4; mark = if_id = encap = enc = auth = bits = dir = "-"; keyed = 0
			here = index(local, " " src " "); there = index(local, " " dst " ")
			if (here && !there) dir = "out"
			if (there && !here) dir = "in"
		}
		$1 == "proto" {
			proto = $2 == "esp" ? 50 : $2 == "ah" ? 51 : $2 == "comp" ? 108 : $2
			spi = $4; reqid = $6 ? $6 : "-"; mode = $8
		}
		$1 == "mark" { mark = $2; sub("/.*", "", mark) }
		$1 == "if_id" { if_id = $2 }
		$1 == "encap" { encap = $7 }
		$1 == "enc" { enc = $2; keyed = 1 }
		$1 == "auth-trunc" { auth = $2; bits = $4; keyed = 1 }
		$1 == "aead" { enc = $2; bits = $4; keyed = 1 }
		$1 == "comp" { keyed = 1 }
		END { show() }'
}

want_sas()
{
	local file=$1 new=$2 gone=$3 spi rest words

	shift 3
	while read -r spi rest; do
		[ $# = 0 ] || [[ " $* " == *" $spi "* ]] || continue
		read -ra words <<< "$rest"
		want sa "$spi" "${words[@]}" ${new:+"new=$new"} ${gone:+"gone=$gone"}
	done < "$file"
}
