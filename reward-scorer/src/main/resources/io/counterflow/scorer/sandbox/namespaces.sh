# Runs inside fresh namespaces, with privilege over them. Makes a root directory in memory that holds the given paths, read-only,
# and a scratch folder; leaves the machine's own root behind; gives every privilege up; runs the command under the limits.
#
# Arguments: a folder to mount on, bytes of scratch, "proc" or "no-proc", a numeric user or "same-user", a file with a seccomp filter
#            or "no-filter", "setpriv" or, where perl is to load the filter, the number of the system call prctl, how many paths and the paths, each with the one that it has inside, how many options of prlimit and the options, the command.
set -eu
umask 022
root=$1
scratch=$2
proc=$3
user=$4
filter=$5
loader=$6
paths=$7
shift 7

mount -t tmpfs -o size=2m,mode=755,nosuid,nodev counterflow "$root"
cd "$root"
mkdir dev old proc sbin tmp
mount -t tmpfs -o "size=$scratch,nr_inodes=4096,mode=1777,nosuid,nodev,noexec" scratch tmp

show() { # makes $1 appear under the new root as $2
    if [ -d "$1" ]; then
        mkdir -p "./$2"
    else
        mkdir -p "./${2%/*}"
        : >"./$2"
    fi
    mount --bind "$1" "./$2" 2>/dev/null || mount --rbind "$1" "./$2"
    # A mount that is noexec outside must stay so: the kernel refuses to drop the flag.
    mount -o remount,bind,ro,nosuid,nodev "./$2" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev,noexec "./$2"
}

while [ "$paths" -gt 0 ]; do
    show "$1" "$2"
    shift 2
    paths=$((paths - 1))
done

for device in null zero full random urandom; do
    : >dev/$device
    mount --bind /dev/$device dev/$device
done

# The few programs that the rest of this script needs once the machine's own are out of sight.
tool() {
    : >"sbin/$1"
    mount --bind "$(command -v "$1")" "sbin/$1"
}
tool umount
tool setpriv
tool prlimit

seccomp=
if [ "$filter" != no-filter ]; then
    : >sbin/filter
    mount --bind "$filter" sbin/filter
    [ "$loader" = setpriv ] && seccomp="--seccomp-filter /sbin/filter" || tool perl
fi

if [ "$user" = same-user ]; then
    # Ours is a user namespace: nothing in it may make another one. As root, the setting would be the machine's.
    { echo 0 >/proc/sys/user/max_user_namespaces; } 2>/dev/null || true
fi
# If memory runs out after all, the kernel should look here first.
{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null || true

mount -t proc -o nosuid,nodev,noexec proc proc
mount -o remount,bind,ro,nosuid,nodev .
pivot_root . old
cd /tmp
PATH=/sbin
umount -l /old
[ "$proc" = proc ] || umount -l /proc

options=$1
shift
limits=
while [ "$options" -gt 0 ]; do
    limits="$limits $1" # options of prlimit hold no spaces
    shift
    options=$((options - 1))
done
if [ "$filter" != no-filter ] && [ "$loader" != setpriv ]; then
    # prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, struct sock_fprog), by the last program before the command.
    set -- perl -e '
        my $call = shift;
        open(FILTER, "<", "/sbin/filter") && read(FILTER, my $filter, 1 << 16) or die "no filter: $!\n";
        close(FILTER);
        my $program = pack("S x![P] P", length($filter) / 8, $filter);
        syscall($call, 22, 2, $program, 0, 0) == 0 or die "the filter of system calls is refused: $!\n";
        exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";' "$loader" "$@"
fi
# A change of user makes the kernel forget that this process is to die with its parent, so it is asked again, last.
if [ "$user" = same-user ]; then
    exec prlimit $limits -- setpriv --pdeathsig KILL --no-new-privs --bounding-set=-all --inh-caps=-all $seccomp -- "$@"
fi
exec prlimit $limits -- setpriv --pdeathsig KILL --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all $seccomp -- "$@"
