# What the first process of a subhost starts there before its reaper takes over.

serve() { # SERVICE...
    for service do
        case $service in
            /*) set -- "$service" ;;
            *)
                if command -v service >/dev/null 2>&1; then
                    set -- service "$service" start
                elif [ -x "/etc/init.d/$service" ]; then
                    set -- "/etc/init.d/$service" start
                else
                    told warn "there is no service $service"
                    continue
                fi
                ;;
        esac
        "$@" 3<&- 8>&- || told warn "$service failed with status $?"
    done
}

serve_words() { # WORDS
    set -f
    serve $1
}

online() { # SECONDS
    told online "$1"
    answered
}
