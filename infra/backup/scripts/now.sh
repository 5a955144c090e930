#!/usr/bin/env bash
# Runs a task of the backups now, in the cluster of the stack STACK (make backup STACK=prod TASK=dump), shows what it
# says, and ends as it does. It runs on the machine of a person. The credentials of the cluster are asked for and
# forgotten again, so that it is the stack's cluster and not whichever kubectl used last.
set -euo pipefail

for program in pulumi jq doctl kubectl; do
  command -v "$program" >/dev/null || { echo "There is no $program; docs/content/3.run/1.first-up.md says what is needed." >&2; exit 1; }
done
stack="${STACK:?the name of a stack is missing: make backup STACK=prod}"
case "${TASK:=dump}" in
dump | media | rehearsal) ;;
*) echo "TASK is dump, media or rehearsal." >&2; exit 2 ;;
esac
cluster="$(pulumi stack output cluster --stack "$stack" --json | jq -er .id)"

directory="$(mktemp -d)"
trap 'rm -rf "$directory"' EXIT
export KUBECONFIG="$directory/config"
doctl kubernetes cluster kubeconfig save "$cluster" >/dev/null
job="$TASK-$(date -u +%Y%m%d-%H%M%S)-$RANDOM"
kubectl --namespace backup create job "$job" --from="cronjob/$TASK"
# An autoscaled pool may have to get a node first, and the init container to fetch its image.
kubectl --namespace backup wait "job/$job" --for='jsonpath={.status.active}=1' --timeout=10m >/dev/null || true
kubectl --namespace backup logs --follow --pod-running-timeout=10m "job/$job" --container "$TASK" || true
# Both would wait for ever for what does not come; whichever comes first decides.
until [[ -n ${ended-} ]]; do
  ended="$(kubectl --namespace backup get "job/$job" --output \
    'jsonpath={.status.conditions[?(@.status=="True")].type}' | tr ' ' '\n' | grep -x -e Complete -e Failed || true)"
  [[ -n $ended ]] || sleep 2
done
[[ $ended == Complete ]]
