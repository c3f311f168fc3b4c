# Cables that ifupdown brings up, or that a command decides.

known() { # LINK: whether ifupdown is to bring it up
    for file in /etc/network/interfaces /etc/network/interfaces.d/*; do
        [ -r "$file" ] || continue
        while read -r word link _; do
            if [ "$word $link" = "iface $1" ]; then return 0; fi
        done <"$file"
    done
    return 1
}

connect() { # LINK [LINK-BELOW VLAN]: as ifupdown says, else up as it is
    if known "$1"; then
        alien ifdown --force "$1" || :
        if alien ifup "$1"; then return; fi
    fi
    if [ $# -gt 1 ] && [ ! -e "/sys/class/net/$1" ]; then
        ip link add link "$2" name "$1" type vlan id "$3"
    fi
    ip link set "$1" up
}

# Makes what CABLES says; with IFUPDOWN there, it brings up what is its own.
lay() { # CABLES [IFUPDOWN]
    index=0 batch= wires= later= INNER=
    spaced
    set -f
    for token in $1; do
        case $token in
            -* | *[!A-Za-z0-9_.:=-]* | *=*=*) fail "CABLES: $token is no cable" ;;
            *=.*) vlan "${token%%=*}" "${token#*=.}" "${2-}" ;;
            *=*) veth "${token%%=*}" "${token#*=}" "${2-}" ;;
            *) fail "CABLES: there is no = in $token" ;;
        esac
    done
    set +f
    printf '%s\n' "$batch" | ip -batch -
    for token in $later; do
        bridge=${token%%=*} link=${token##*=}
        case $link in
            *.*) connect "$link" "${link%%.*}" "${link#*.}" ;;
            *) connect "$link" ;;
        esac
        [ -z "$bridge" ] || ip link set "$link" master "$bridge"
    done
}

veth() { # BRIDGE MAC IFUPDOWN
    link=$name$index
    case $2 in
        '') address= ;;
        *[!0-9A-Fa-f:]*) fail "CABLES: $2 is not a MAC address" ;;
        *) address=" address $2" ;;
    esac
    batch="$batch${nl}link add $link type veth peer name eth$index$address netns $netns"
    INNER="$INNER${INNER:+$nl}iface eth$index inet manual"
    index=$((index + 1))
    if [ -n "$3" ] && [ -z "$1" ]; then later="$later =$link" wires="$wires $link"; else join "$1"; fi
}

vlan() { # BRIDGE NUMBER IFUPDOWN
    link=$name$((index - 1)).$2
    case $2 in '' | *[!0-9]* | ?????*) fail "CABLES: $2 is not the number of a VLAN" ;; esac
    [ "$index" -gt 0 ] || fail "CABLES: there is no cable before the VLAN $2"
    [ ${#link} -le 15 ] || fail "CABLES: the interface name $link is longer than 15 bytes"
    if [ -n "$3" ]; then
        later="$later $1=$link" wires="$wires $link"
    else
        batch="$batch${nl}link add link ${link%%.*} name $link type vlan id $2"
        join "$1"
    fi
}

join() { # BRIDGE: $link to it, if any
    wires="$wires $link"
    [ -z "$1" ] || batch="$batch${nl}link set $link master $1"
    batch="$batch${nl}link set $link up"
}
