# Sourced by the scenes of test_run.py: `probelang` in the guest.

# wait_for WHAT…: waits until a command succeeds, for half a minute at most
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || {
            echo "waited in vain for: $*"
            return 1
        }
        sleep 0.05
    done
}

# begin NAME ARGUMENT…: starts `probelang run ARGUMENT…`, whose output is in NAME.out and NAME.err, and waits until it traces; its process is
# $pid, and $RUN_PID. It is no job of this shell, whose `wait` would wait for it.
begin() {
    name=$1
    shift
    rm -f $name.pid $name.status
    (
        (
            sh -c 'echo $$ >$0.pid; exec probelang run "$@"' $name "$@" >$name.out 2>$name.err
            echo $? >$name.status
        ) &
    )
    wait_for test -s $name.pid
    read -r pid <$name.pid
    RUN_PID=$pid
    wait_for grep 'probelang: tracing' $name.err || cat $name.err
}

# ended NAME: waits for its end, and tells how that was
ended() {
    wait_for test -s $1.status
    fact "$1.status" $(cat $1.status)
    fact "$1.hits" "$(grep -c count=4321 $1.out)"
    cat $1.err
}

# work: two reads that the specs look for
work() {
    [ -f /tmp/work/f ] || head -c 8642 /dev/zero >/tmp/work/f
    dd if=/tmp/work/f of=/dev/null bs=4321 count=2 2>/dev/null
}
