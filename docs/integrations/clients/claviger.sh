#!/bin/sh
# Asks a Claviger daemon whose a secret is and what it opens. One file, a POSIX shell and curl, nothing else.
#
#     if sh claviger.sh verify --account everyday < key > verdict; then … granted …; else … $? says why …; fi
#     sh claviger.sh visible < key
#
# Prints the verdict, or the accounts, as JSON. What is refused is `CODE: message` on standard error. Exit status: 0 granted,
# 2 usage, 3 UNAUTHORIZED, 4 NOT_FOUND, 5 STORAGE_MODE_REQUIRED, 7 nobody could be asked, 8 BUSY, 1 anything else.
#
# The secret goes from standard input to curl through pipes: it is in no variable, no argument and no file.

set -u
# Letters and digits are those of ASCII, whatever the language.
LC_ALL=C
export LC_ALL

refuse() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

usage() {
    # What was given is not repeated: it may be a secret.
    refuse 2 "usage: claviger.sh verify [--account ID] < key
       claviger.sh visible < key"
}

socket_path() {
    case ${XDG_STATE_HOME-} in
    /*) state=$XDG_STATE_HOME ;;
    *) state=${HOME-}/.local/state ;;
    esac
    printf '%s' "${CLAVIGER_RUNTIME_DIR:-$state/claviger/run}/verify.sock"
}

# Writes the call, with the secret from standard input in its place. A character that no secret has becomes one that makes it a
# wrong one, and cannot end the text; so does a second line. curl drops the line break.
return=$(printf '\r')
question() {
    printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s"secret":"' "$method" "$account"
    sed -e "s/$return\$//" -e 's/[^A-Za-z0-9_]/./g' -e '1!s/^/./'
    printf '"}}'
}

account=
case ${1-} in
verify)
    method=keys.verify
    case $#:${2-} in
    1:) ;;
    3:--account)
        case $3 in
        # An unset variable must not skip the check.
        '') refuse 2 'INVALID_PARAMS: the account is empty: leave --account out to check none' ;;
        # No account has such an id: one is asked for that cannot exist either.
        *[!A-Za-z0-9_-]*) account='"account":".",' ;;
        *) account="\"account\":\"$3\"," ;;
        esac
        ;;
    *) usage ;;
    esac
    ;;
visible)
    method=accounts.visible
    [ $# = 1 ] || usage
    ;;
*) usage ;;
esac

# Without -q, and with a proxy, curl would do what others have told it.
answer=$(question | curl -q -s --noproxy '*' --max-time 10 --unix-socket "$(socket_path)" \
    -H 'content-type: application/json' --data @- http://localhost/) ||
    refuse 7 'UNREACHABLE: nobody could be asked'

begin='{"jsonrpc":"2.0","id":1,"result":'
case $method:$answer in
keys.verify:"$begin"'{"key":{"id":"'*'}}')
    answer=${answer#"$begin"}
    printf '%s\n' "${answer%?}"
    exit 0
    ;;
accounts.visible:"$begin"'{"accounts":['*']}}')
    answer=${answer#"$begin"?'"accounts":'}
    printf '%s\n' "${answer%??}"
    exit 0
    ;;
*'"error":{'*'"code":"'*) ;;
*) refuse 7 'UNREACHABLE: what answered was not understood' ;;
esac

# Messages never repeat what was sent, and have no quotation marks.
code=${answer##*'"code":"'}
message=${answer##*'"message":"'}
said="${code%%\"*}: ${message%%\"*}"
case ${code%%\"*} in
UNAUTHORIZED) refuse 3 "$said" ;;
NOT_FOUND) refuse 4 "$said" ;;
STORAGE_MODE_REQUIRED) refuse 5 "$said" ;;
BUSY)
    wait=${answer##*'"retry_after_ms":'}
    case $wait in [0-9]*) wait=${wait%%[!0-9]*} ;; *) wait=1000 ;; esac
    refuse 8 "$said (ask again in $wait ms)"
    ;;
*) refuse 1 "$said" ;;
esac
