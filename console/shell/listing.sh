# A list of words, of whose lines those with a "#" anywhere are left alone: /etc/subhosts.conf.

list_add() { # FILE WORD
    ! listed "$@" || return 0
    relist "$@" unless_listed
}

list_drop() { # FILE WORD
    listed "$@" || return 0
    relist "$@" unlisted
}

listed() { # FILE WORD
    [ -e "$1" ] || return 1
    while IFS= read -r entry || [ -n "$entry" ]; do
        case $entry in *'#'*) continue ;; esac
        set -f
        for each in $entry; do
            [ "$each" != "$2" ] || { set +f; return 0; }
        done
        set +f
    done <"$1"
    return 1
}

# The old file stays whole until the new one is.
relist() { # FILE WORD FUNCTION: that prints the new text
    new=${1%/*}/.${1##*/}.subdeck
    rm -f "$new"
    if [ -e "$1" ]; then cp -p "$1" "$new"; fi
    "$3" "$1" "$2" >"$new"
    sync "$new" 2>/dev/null || sync
    mv -f "$new" "$1"
}

unless_listed() { # FILE WORD
    if [ -e "$1" ]; then
        while IFS= read -r entry || [ -n "$entry" ]; do printf '%s\n' "$entry"; done <"$1"
    fi
    printf '%s\n' "$2"
}

unlisted() { # FILE WORD: a line that held nothing else goes, too
    while IFS= read -r entry || [ -n "$entry" ]; do
        case " $(printf '%s' "$entry" | tr '\t' ' ') " in
            *'#'*) ;;
            *" $2 "*)
                rest=
                set -f
                for each in $entry; do
                    [ "$each" = "$2" ] || rest="$rest${rest:+ }$each"
                done
                set +f
                [ -n "$rest" ] || continue
                entry=$rest
                ;;
        esac
        printf '%s\n' "$entry"
    done <"$1"
}
