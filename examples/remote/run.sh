#!/usr/bin/env bash
# Openings and a model for the server; then a run that learns from what the server samples. From the project's folder or anywhere; started again, it goes
# on where it was. SERVER is the URL of the API, and MODEL its name there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counterflow=${COUNTERFLOW:-./counterflow}
server=${SERVER:-http://127.0.0.1:8000/v1}
data=examples/remote/data
log=examples/remote/log

[ -f "$data/prompts.jsonl" ] || "$counterflow" data story-openings --output "$data"
if [ ! -d "$data/model" ]; then
  cp -RL "$("$counterflow" model get stories15m)" "$data/model.part"
  mv "$data/model.part" "$data/model"
fi
if ! curl -sf "$server/models" > /dev/null; then
  echo "no server answers at $server; start one with $data/model, as examples/remote/README.md says, and this script again" >&2
  exit 1
fi
if [ -e "$log/runs/remote/report.html" ]; then
  echo "there already: run remote"
elif [ -e "$log/runs/remote/run.yaml" ]; then
  "$counterflow" run --resume --run remote --data "$log"
else
  "$counterflow" run --config examples/remote/run.yaml --run remote --data "$log" --set "producer.openAi.url=$server" \
    --set "producer.openAi.model=${MODEL:-stories15m}"
fi
