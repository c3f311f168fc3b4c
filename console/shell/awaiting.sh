# A job that may cut off who began it: at its end it waits until they have reached this host anew,
# and takes all back if they do not. Should its own shell be killed, another one does.

guarded=

guard() { # before anything is changed
    [ -z "$guarded" ] || return 0
    guarded=yes
    (
        trap '' HUP INT TERM
        trap - EXIT
        while flock "$here/lock" true && cut_short; do # when nothing of this job runs any more
            tell settle roll-back || :
            status=0
            /bin/sh "$0" roll-back || status=$?
            [ "$status" = 3 ] || break # busy: another job came first
            sleep 1
        done
    ) </dev/null 4>&- 5>&- 7<&- &
}

cut_short() { # whether this job ended without a word
    word=
    while read -r _ one _; do word=$one; done <"$here/journal"
    [ "$word" != end ]
}

heard() { # SECONDS: whether who began this says by then, over a new connection, that all is well
    tell "await $1"
    comes "$1" [ -e "$here/reached" ] || {
        warn "nobody has reached this host anew for $1 s"
        return 1
    }
}
