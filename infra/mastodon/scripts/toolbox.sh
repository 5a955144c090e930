#!/usr/bin/env bash
# Opens a shell with tootctl in a pod of its own, in the cluster of the stack STACK (make toolbox STACK=prod). It runs on
# the machine of a person. The pod has the environment, the memory and the pool of the Jobs, and goes with the shell, or,
# where this is killed, with its deadline.
#
# The credentials of the cluster are asked for each time and kept in a file that goes, too, so that the shell is in the
# cluster of the stack and not in whichever kubectl used last.
set -euo pipefail

for program in pulumi jq doctl kubectl; do
  command -v "$program" >/dev/null || { echo "There is no $program; docs/content/3.run/1.first-up.md says what is needed." >&2; exit 1; }
done
stack="${STACK:?the name of a stack is missing: make toolbox STACK=prod}"
cluster="$(pulumi stack output cluster --stack "$stack" --json | jq -er .id)"

directory="$(mktemp -d)"
export KUBECONFIG="$directory/config"
job="mastodon-toolbox-$(date -u +%Y%m%d-%H%M%S)-$RANDOM"
clean() {
  trap '' INT TERM HUP
  # What was never made cannot be deleted, and is no fault.
  [[ ! -e "$KUBECONFIG" ]] || kubectl --namespace mastodon delete job "$job" --ignore-not-found --wait=false || true
  rm -rf "$directory"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

doctl kubernetes cluster kubeconfig save "$cluster" >/dev/null
kubectl --namespace mastodon create job "$job" --from=cronjob/mastodon-toolbox
# An autoscaled pool may have to get a node first.
kubectl --namespace mastodon wait "job/$job" --for='jsonpath={.status.ready}=1' --timeout=10m >/dev/null
echo "A shell in $stack, for at most eight hours; tootctl is there. exit ends it, and deletes the pod."
kubectl --namespace mastodon exec --stdin --tty "job/$job" --container toolbox -- bash
