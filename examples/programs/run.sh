#!/usr/bin/env bash
# Prompts, a base policy that often writes wrong programs, and a run that mends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counterflow=${COUNTERFLOW:-./counterflow}
data=examples/programs/data

[ -f "$data/corpus.jsonl" ] || "$counterflow" data programs --output "$data"
[ -d "$data/base" ] || "$counterflow" train-policy "$data/corpus.jsonl" --from-scratch "$data/model" --output "$data/base" \
  --no-shuffle --batch 64 --micro-batch 64 --learning-rate 2e-3 --warmup-steps 30 --decay linear --workers 2
"$counterflow" run --config examples/programs/run.yaml "$@"
