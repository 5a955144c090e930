#!/usr/bin/env bash
# Says what is promised of the stack STACK (make promise STACK=prod), from its outputs and from the marks that the last
# good runs left: how much may be lost, how long the database takes to come back, and how old the proof of it is. It
# ends with 1 where a mark is missing.
set -euo pipefail

for program in pulumi jq curl; do
  command -v "$program" >/dev/null || { echo "There is no $program; docs/content/3.run/1.first-up.md says what is needed." >&2; exit 1; }
done
stack="${STACK:?the name of a stack is missing: make promise STACK=prod}"
backup="$(pulumi stack output backup --stack "$stack" --json)" ||
  { echo "WRONG  $stack makes no backups (vmst:settings.backup.enabled)"; exit 1; }

echo "May be lost (RPO): $(jq -r .mayBeLostHours <<<"$backup") hours, the longest time between two dumps."
status=0
while IFS=$'\t' read -r task days url; do
  if ! mark="$(curl --fail --silent --show-error --max-time 30 "$url" 2>&1)"; then
    echo "WRONG  $task: no run ended well in the last $days days, or nobody can look: $mark"
    status=1
    continue
  fi
  value() { sed -n "s/^mastodon_backup_$1{.*} //p" <<<"$mark"; }
  age="$(($(date +%s) - $(value end_timestamp_seconds)))"
  echo "ok     $task: $((age / 3600)) hours ago, in $(value seconds) seconds"
  if [[ $task == rehearsal ]]; then
    echo "Back in (RTO): $(value restore_seconds) seconds for the database, as last rehearsed in one pod, and what the rest" \
      "takes: docs/content/3.run/7.backups.md, \"When all is lost\"."
  fi
done < <(jq -r '.proofs | to_entries[] | [.key, .value.alarmDays, .value.url] | @tsv' <<<"$backup")
exit "$status"
