#!/usr/bin/env bash
# Openings, a sentiment model, and a near-online run; with "sweep", other betas from the same log. Run from the project's folder.
set -euo pipefail
data=examples/stories/data
log=(--data examples/stories/log)

[ -f "$data/prompts.jsonl" ] || ./counterflow data story-openings --output "$data"
if [ ! -d "$data/sentiment" ]; then
  [ -f "$data/imdb.jsonl.gz" ] || ./counterflow data imdb --output "$data/imdb.jsonl.gz"
  ./counterflow train-scorer reward-model --labels "$data/imdb.jsonl.gz" --output "$data/sentiment" ${SENTIMENT_OPTIONS:-}
fi

if [ "${1:-}" != sweep ]; then
  ./counterflow run --config examples/stories/run.yaml --run stories "${log[@]}" "$@"
else
  # The same completions and scores, learned from again: nothing is sampled but the held-out prompts.
  for beta in ${BETAS:-0.02 0.1 0.3}; do
    ./counterflow run --config examples/stories/run.yaml --run "stories-beta-$beta" "${log[@]}" \
      --set 'trainer.source={mode: offline, runs: [stories]}' --set "trainer.objective.beta=$beta"
  done
  ./counterflow compare-runs stories $(for beta in ${BETAS:-0.02 0.1 0.3}; do echo "stories-beta-$beta"; done) "${log[@]}" \
    --output examples/stories/data/betas.html
fi
