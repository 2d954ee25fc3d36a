#!/usr/bin/env bash
# Openings, a sentiment model, stories of the base policy sampled once; several betas learned from that one log; then a near-online run with the
# beta that they speak for. From the project's folder or anywhere; started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counterflow=${COUNTERFLOW:-./counterflow}
betas=${BETAS:-0.025 0.1 0.4}
beta=${BETA:-0.025}
data=examples/stories/data
log=examples/stories/log
# done, gone on with, or begun: what a run finds in the log it does not do again
perform() {
  if [ -e "$log/runs/$2/report.html" ] || [ -e "$log/runs/$2/sampled.txt" ]; then
    echo "there already: run $2"
  elif [ -e "$log/runs/$2/run.yaml" ]; then
    "$counterflow" "$1" --resume --run "$2" --data "$log"
  else
    "$counterflow" "$1" --config examples/stories/run.yaml --run "$2" --data "$log" "${@:3}"
  fi
}

[ -f "$data/prompts.jsonl" ] || "$counterflow" data story-openings --output "$data"
[ -f "$data/imdb.jsonl.gz" ] || "$counterflow" data imdb --output "$data/imdb.jsonl.gz"
[ -d "$data/sentiment" ] || "$counterflow" train-scorer reward-model --labels "$data/imdb.jsonl.gz" --limit 8000 --epochs 1 \
  --learning-rate 1e-4 --max-length 128 --held-out 5000 --precision bfloat16 --workers 2 --output "$data/sentiment"

# Stories of the base policy, once: every beta learns from the same completions and scores.
perform sample base --set producer.maxGroups=960 --set producer.evaluation.maxPrompts=1
sweep=()
for b in $betas; do
  sweep+=("beta-$b")
  perform run "beta-$b" --set "trainer.objective.beta=$b" --set 'trainer.source={mode: offline, runs: [base]}' --set trainer.steps=60 \
    --set trainer.batch.groups=16 --set trainer.optimizer.learningRate=5e-5 --set trainer.evaluateEvery=60 --set trainer.checkpoint.every=60
done
"$counterflow" compare-runs "${sweep[@]}" --data "$log" --output "$data/betas.html"

perform run stories --set "trainer.objective.beta=$beta"
"$counterflow" compare-runs "${sweep[@]}" stories --data "$log" --output "$data/all.html"
