#!/usr/bin/env bash
# Openings, a sentiment model, stories of the base policy sampled once; several betas learned from that one log; then a near-online run with the
# beta that they speak for. From the project's folder or anywhere; started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counterflow=${COUNTERFLOW:-./counterflow}
betas=${BETAS:-0.05 0.1 0.2 0.4}
beta=${BETA:-0.1}
data=examples/stories/data
log=examples/stories/log
config=(--config examples/stories/run.yaml --data "$log")

[ -f "$data/prompts.jsonl" ] || "$counterflow" data story-openings --output "$data"
[ -f "$data/imdb.jsonl.gz" ] || "$counterflow" data imdb --output "$data/imdb.jsonl.gz"
[ -d "$data/sentiment" ] || "$counterflow" train-scorer reward-model --labels "$data/imdb.jsonl.gz" --limit 8000 --epochs 1 \
  --learning-rate 1e-4 --max-length 128 --held-out 5000 --precision bfloat16 --workers 2 --output "$data/sentiment"

# Stories of the base policy, once: every beta learns from the same completions and scores.
[ -f "$log/runs/base/sampled.txt" ] || "$counterflow" sample "${config[@]}" --run base --set producer.evaluation.maxPrompts=1
sweep=()
for b in $betas; do
  sweep+=("beta-$b")
  [ -f "$log/runs/beta-$b/report.html" ] || "$counterflow" run "${config[@]}" --run "beta-$b" --set "trainer.objective.beta=$b" \
    --set 'trainer.source={mode: offline, runs: [base]}' --set trainer.steps=80 --set trainer.evaluateEvery=40 --set trainer.checkpoint.every=40
done
"$counterflow" compare-runs "${sweep[@]}" --data "$log" --output "$data/betas.html"

[ -f "$log/runs/stories/report.html" ] || "$counterflow" run "${config[@]}" --run stories --set "trainer.objective.beta=$beta"
"$counterflow" compare-runs "${sweep[@]}" stories --data "$log" --output "$data/all.html"
