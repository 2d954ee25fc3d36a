#!/usr/bin/env bash
# SFT, four samples a document into the log once, a reward model from them, then CoPG, IPO and DPO from that one log, and the same log
# rewarded by another recipe. Run from the project's folder; --preset smoke takes a few minutes, full up to two hours on two cores.
set -euo pipefail
preset=full
[ "${1:-}" = --preset ] && preset=$2
data=examples/summaries/data
log=(--data examples/summaries/log)
config=(--config examples/summaries/run.yaml "${log[@]}")
case $preset in
  full) fit=18000 sampled=4000 held=256 steps=250 pairs=20000 ;;
  smoke) fit=240 sampled=24 held=8 steps=6 pairs=60 ;;
  *) echo "run.sh: --preset is $preset; it must be full or smoke" >&2; exit 2 ;;
esac

mkdir -p "$data"
[ -f "$data/source/train.jsonl.gz" ] || ./counterflow data debian-tldr --output "$data/source"
lines() { { gzip -dc "$1" || true; } | sed -n "1,$2p" > "$3.part" && mv "$3.part" "$3"; }
[ -f "$data/fit.jsonl" ] || lines "$data/source/train.jsonl.gz" "$fit" "$data/fit.jsonl"
[ -f "$data/sampled.jsonl" ] || lines "$data/source/train.jsonl.gz" "$sampled" "$data/sampled.jsonl"
[ -f "$data/held-out.jsonl" ] || lines "$data/source/validation.jsonl.gz" "$held" "$data/held-out.jsonl"

[ -d "$data/sft" ] || ./counterflow train-policy "$data/fit.jsonl" --model stories15m --held-out "$data/held-out.jsonl" \
  --max-length 224 --steps "$steps" --output "$data/sft"

# Sampled once, with the scorers that need no training; every other score is added to the same completions later.
if ! grep -qs . "examples/summaries/log/runs/samples/sampled.txt"; then
  ./counterflow sample "${config[@]}" --run samples \
    --set 'scoring.scorers=[{kind: length, settings: {unit: words, min: 3, max: 10}}]' \
    --set 'assembler.recipe={name: length, scorers: [{scorer: length}]}'
fi
if [ ! -d "$data/reward-model" ]; then
  ./counterflow export completions --output "$data/completions.jsonl.gz" --force "${log[@]}"
  python3 examples/summaries/pairs.py "$data/completions.jsonl.gz" > "$data/pairs.jsonl"
  ./counterflow train-scorer reward-model --pairs "$data/pairs.jsonl" --base stories15m --limit "$pairs" --epochs 1 \
    --max-length 224 --output "$data/reward-model"
fi

for objective in copg ipo dpo; do
  ./counterflow run "${config[@]}" --run "$objective" --set "trainer.objective.name=$objective"
done
./counterflow compare-runs copg ipo dpo "${log[@]}" --output "$data/objectives.html"

# The same completions and scores under other weights: brevity counts three times.
./counterflow run "${config[@]}" --run copg-brief \
  --set 'assembler.recipe={name: brief, scorers: [{scorer: reward-model, clip: [-5, 5]}, {scorer: length, weight: 3}, {scorer: rouge, weight: 0}]}'
./counterflow compare-runs copg copg-brief "${log[@]}" --output "$data/recipes.html"
