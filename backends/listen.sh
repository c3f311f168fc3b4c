# Runs a command after each line read, which is then $line, until the input ends, or nothing was
# read for $limit seconds: its link is gone, and nobody said so.
listen() { # COMMAND...
    patience= watcher=
    (read -r -t 1 line </dev/null) 2>/dev/null
    if [ $? -le 1 ]; then
        patience="-t $limit"
    else
        watch &
        watcher=$!
        # PIPE: that is what an answer meets whose link is gone.
        trap 'kill $watcher; exit' HUP TERM PIPE
    fi
    while IFS= read -r $patience line; do
        "$@"
    done
    [ -z "$watcher" ] || kill $watcher
}

# For shells that cannot wait a limited time: ends this one when it has read nothing for that long.
# It acts on its own parent alone, which no other process can have become.
watch() {
    exec </dev/null >/dev/null 2>&1 # holds nothing of the session open
    # A child that was just forked may take any other signal for the shell it was.
    trap 'kill -KILL $!; exit' TERM
    before=
    while :; do
        sleep "$limit" &
        wait $!
        parent= now=
        while read -r key value; do [ "$key" != PPid: ] || parent=$value; done </proc/self/status
        while read -r key value; do [ "$key" != rchar: ] || now=$value; done <"/proc/$$/io"
        [ "$parent" = $$ ] && [ -n "$now" ] || exit
        [ "$now" != "$before" ] || kill $$
        before=$now
    done
}
