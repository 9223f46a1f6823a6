# Shared by the tuning scripts: the verbs, and changes that can be taken back.
#
# A script sources this and defines: explain (prints why), check (prints one line an item; 0 if all is as wanted) and
# change (calls put_file and put_value). Then it calls `main "$@"`.
#
# What is changed is saved first, below /var/lib/ringpost-tuning/NAME: `before/` holds the bytes, mode, owner and times
# of what was there, `after/` what the script put, `changes` the order. So undo can tell its own work from somebody
# else's later edit, which it leaves alone, and a run cut short at any point can be undone.
#
# RINGPOST_SYSROOT  a folder in front of every path (for tests, and for preparing an image)
# RINGPOST_UNIT     the systemd unit, `ringpost.service`
# RINGPOST_USER     the user and group of the service, `ringpost`

set -u
root=${RINGPOST_SYSROOT:-}
unit=${RINGPOST_UNIT:-ringpost.service}
user=${RINGPOST_USER:-ringpost}
name=${0##*/}
saved=$root/var/lib/ringpost-tuning
state=$saved/$name

fail() {
  printf '%s: %s\n' "$name" "$*" >&2
  exit 1
}

# item OK TEXT: prints one line of a check; returns what it said.
item() {
  if [ "$1" = yes ]; then printf 'ok    %s\n' "$2"; else printf 'wrong %s\n' "$2"; return 1; fi
}

# The value of a kernel setting; nothing if this kernel has none.
value() {
  [ -r "$root/proc/sys/$1" ] && cat "$root/proc/sys/$1"
}

# check_file PATH TEXT: whether the file holds exactly this text.
check_file() {
  if [ -f "$root$1" ] && printf '%s' "$2" | cmp -s - "$root$1"; then item yes "$1"; else item no "$1 is missing or differs"; fi
}

# check_at_least SETTING MINIMUM: whether the kernel's value is high enough; a setting that this kernel lacks is fine.
check_at_least() {
  local now
  now=$(value "$1") || { item yes "$1: not a setting of this kernel"; return; }
  if [ "$now" -ge "$2" ]; then item yes "$1 = $now"; else item no "$1 = $now, at least $2 is needed"; fi
}

# put_file PATH TEXT: makes the file hold exactly this text, mode 644.
put_file() {
  [ -f "$root$1" ] && printf '%s' "$2" | cmp -s - "$root$1" && return
  save "$1" "$2"
  make_folders "$(dirname "$root$1")"
  local new
  new=$(mktemp "$root$1.XXXXXX") && printf '%s' "$2" >"$new" && chmod 644 "$new" && mv -f "$new" "$root$1" ||
    fail "cannot write $1 (are you root?)"
  echo "wrote $1"
}

# put_value SETTING VALUE: sets a kernel setting now; a file in /etc/sysctl.d keeps it.
put_value() {
  [ "$(value "$1")" = "$2" ] && return
  save "/proc/sys/$1" "$2"$'\n'
  printf '%s\n' "$2" >"$root/proc/sys/$1" || fail "cannot set $1 (are you root?)"
  echo "set $1 = $2"
}

# save PATH TEXT: remembers what is there, once, and what is going to be there.
save() {
  make_folders "$state/before$(dirname "$1")" "$state/after$(dirname "$1")"
  printf '%s' "$2" >"$state/after$1" || fail "cannot save below $saved (are you root?)"
  grep -qxF "$1" "$state/changes" 2>/dev/null && return
  if [ -e "$root$1" ]; then
    cp -a "$root$1" "$state/before$1.part" && mv -f "$state/before$1.part" "$state/before$1" || fail "cannot save $1"
  fi
  printf '%s\n' "$1" >>"$state/changes"
}

# Makes folders, and remembers those outside the saved state, so that undo takes them away again.
make_folders() {
  local folder above new
  for folder in "$@"; do
    new=()
    above=$folder
    while [ ! -d "$above" ]; do
      new=("$above" "${new[@]+"${new[@]}"}")
      above=$(dirname "$above")
    done
    for above in "${new[@]+"${new[@]}"}"; do
      mkdir "$above" || fail "cannot make $above (are you root?)"
      case "$above/" in "$saved"/*) ;; *) printf '%s\n' "$above" >>"$saved/folders" ;; esac
    done
  done
}

apply() {
  change
  check || fail 'applied, but the check still says no'
}

undo() {
  [ -f "$state/changes" ] || { echo 'nothing to undo'; return 0; }
  local path left=0
  while read -r path; do
    restore "$path" || left=1
  done < <(tac "$state/changes")
  [ $left -eq 0 ] || fail "not all is as it was; what was there is kept in $state/before"
  rm -rf "$state"
  drop_folders
}

# restore PATH: puts back what was there, unless somebody changed it since; then looks again.
restore() {
  local before=$state/before$1 after=$state/after$1 now=$root$1
  if [ -e "$before" ]; then
    cmp -s "$before" "$now" && return 0
  elif [ ! -e "$now" ]; then
    return 0
  fi
  cmp -s "$after" "$now" || { echo "changed since apply, left as it is: $1"; return 1; }
  case $1 in
    /proc/sys/*) cat "$before" >"$now" ;;
    *) if [ -e "$before" ]; then cp -a "$before" "$now.part" && mv -f "$now.part" "$now"; else rm "$now"; fi ;;
  esac
  if [ -e "$before" ]; then cmp -s "$before" "$now"; else [ ! -e "$now" ]; fi || { echo "cannot restore $1"; return 1; }
  echo "restored $1"
}

# Takes away the folders that a script made and nobody uses.
drop_folders() {
  local folder
  if [ -f "$saved/folders" ]; then
    while read -r folder; do
      rmdir "$folder" 2>/dev/null
    done < <(tac "$saved/folders")
    while read -r folder; do
      [ -d "$folder" ] && printf '%s\n' "$folder"
    done <"$saved/folders" >"$saved/folders.part"
    mv -f "$saved/folders.part" "$saved/folders"
    [ -s "$saved/folders" ] || rm "$saved/folders"
  fi
  rmdir "$saved" 2>/dev/null
  return 0
}

main() {
  case "$#:${1:-}" in
    1:check | 1:apply | 1:undo | 1:explain) "$1" ;;
    *) printf 'usage: %s check | apply | undo | explain\n' "$name" >&2; exit 2 ;;
  esac
}
