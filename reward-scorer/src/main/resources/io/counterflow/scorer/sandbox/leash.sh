# Starts a command and ends it when its owner says so (SIGTERM), or when the kernel says that the owner has died (SIGUSR1). The control
# groups are the owner's to remove while it lives.
#
# Arguments: the owner's process id, "pdeathsig" or "watch" where the kernel says nothing, "reads" or "empty" for the command's input,
#            "children" or "command" for what is to be killed, how many control groups and their folders, the command.
#
# A sandbox is killed from within: the process whose end the kernel makes that of its whole process namespace is the only child of the
# command. The command itself (bwrap, unshare) then ends by itself, and everything has been waited for. Killed first, while it comes up,
# bwrap would leave a child that waits for its word for ever, and later ones that nobody ends.
owner=$1
notice=$2
input=$3
target=$4
shift 4

children() { # of $1, into $found
    found=
    if [ -r "/proc/$1/task/$1/children" ]; then
        { read -r found <"/proc/$1/task/$1/children"; } 2>/dev/null
        return
    fi
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        rest=${line##*) }
        rest=${rest#? }
        [ "${rest%% *}" != "$1" ] || found="$found ${line%% *}"
    done
}

over() { # whether $1 has ended, though nobody has asked for its exit code yet
    line=
    { read -r line <"/proc/$1/stat"; } 2>/dev/null
    case ${line##*) } in
        [ZX]* | '') return 0 ;;
    esac
    return 1
}

remove() { # as many control groups as the first argument says
    count=$1
    shift
    while [ "$count" -gt 0 ]; do
        tries=100
        until rmdir "$1" || [ ! -d "$1" ] || [ "$tries" -le 0 ]; do
            sleep 0.05
            tries=$((tries - 1))
        done 2>/dev/null
        shift
        count=$((count - 1))
    done
}

end() {
    trap '' TERM
    trap 'orphaned=yes' USR1
    if [ -n "$!" ]; then
        tries=1000
        while [ "$target" = children ] && [ "$tries" -gt 0 ] && ! over "$!"; do
            children "$!"
            name=
            { read -r name <"/proc/$!/comm"; } 2>/dev/null
            case $name in
                # Its child was the only one.
                bwrap | unshare) [ -z "$found" ] || tries=0 ;;
            esac
            [ -z "$found" ] || kill -KILL $found 2>/dev/null
            [ "$tries" -gt 0 ] || wait "$!" 2>/dev/null
            # It has no child yet, or a tool's that prepares the sandbox: there are others to come.
            [ "$tries" -le 0 ] || sleep 0.01
            tries=$((tries - 1))
        done
        # What setsid made a group of its own goes with it.
        kill -KILL "-$!" 2>/dev/null
        kill -KILL "$!" 2>/dev/null
        wait "$!" 2>/dev/null
    fi
    [ -z "$orphaned" ] || remove "$@"
    exit 137
}
orphaned=
trap 'end "$@"' TERM
trap 'orphaned=yes; end "$@"' USR1
# Too late for the kernel's word.
[ "$PPID" = "$owner" ] || {
    orphaned=yes
    end "$@"
}

if [ "$notice" = watch ]; then
    self=$$
    {
        while kill -0 "$owner" && kill -0 "$self"; do
            sleep 1
        done
        kill -USR1 "$self"
    } </dev/null >/dev/null 2>&1 &
fi
exec 3<&0
[ "$input" = reads ] || exec 3</dev/null
(
    trap - TERM USR1
    shift $((1 + $1))
    exec "$@" <&3 3<&-
) &
exec 3<&- </dev/null >/dev/null 2>&1
wait "$!"
code=$?
# Where the owner lives, it removes them.
kill -0 "$owner" || remove "$@"
exit "$code"
