#!/usr/bin/env bash
# SFT, four samples a document into the log once, a reward model from them, then CoPG, IPO and DPO from that one log, and the same log
# rewarded by another recipe. Started again, it goes on where it was. --preset smoke takes a few minutes, full (the default) up to two hours on two cores.
#
# NLI=FILE  an NLI data set as JSON lines, e.g. SNLI's or MultiNLI's own: an entailment scorer is trained on it and counts in the reward. Without it SNLI's
#           development half is fetched; where that cannot be had, the reward is made of the reward model and the length alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counterflow=${COUNTERFLOW:-./counterflow}
preset=full
[ $# = 0 ] || [ "$1" = --preset ] || { echo "run.sh: there is no $1; only --preset smoke or --preset full" >&2; exit 2; }
[ "${1:-}" = --preset ] && preset=${2:-}
case $preset in
  full) data=examples/summaries/data log=examples/summaries/log
    fit=10000 sampled=4000 held=256 epochs=1 pairs='--limit 1500' groups=64 nli='--held-out 0.2 --epochs 4 --limit 8000' ;;
  smoke) data=examples/summaries/data/smoke log=examples/summaries/log/smoke
    export COUNTERFLOW_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 ${COUNTERFLOW_JAVA_OPTIONS:-}"   # many short programs
    fit=64 sampled=16 held=8 epochs=1 pairs='--limit 40 --held-out 8' groups=8 nli='--epochs 1 --limit 64 --held-out 32' ;;
  *) echo "run.sh: --preset is '$preset'; it must be full or smoke" >&2; exit 2 ;;
esac
there() { [ -e "$1" ] && echo "there already: $1"; }
# One broker for all commands, which otherwise start one each.
start_broker() {
  : > "$data/broker.txt"   # what an earlier broker said
  "$counterflow" broker --data "$log" --kafka-port 0 --registry-port 0 > "$data/broker.txt" &
  broker=$!
  trap 'kill "$broker" && wait "$broker" || true' EXIT
  until grep -q bootstrap-servers "$data/broker.txt"; do
    kill -0 "$broker" || exit 1
    sleep 0.2
  done
  read -ra log_options < <(grep bootstrap-servers "$data/broker.txt")
  log_options+=(--data "$log")
}
# done, gone on with, or begun
perform() {
  if there "$log/runs/$2/report.html" || there "$log/runs/$2/sampled.txt"; then
    return
  elif [ -e "$log/runs/$2/run.yaml" ]; then
    "$counterflow" "$1" --resume --run "$2" "${log_options[@]}"
  else
    "$counterflow" "$1" --config "$data/$3" --run "$2" "${log_options[@]}" --set "trainer.batch.groups=$groups" "${@:4}"
  fi
}

source=examples/summaries/data/source
there "$source/validation.jsonl.gz" || "$counterflow" data debian-tldr --output "$source"
mkdir -p "$data"
lines() { there "$4" || { gzip -dc "$source/$1" | sed -n "$2,$3p" > "$4.part" && mv "$4.part" "$4"; }; }
lines validation.jsonl.gz 1 "$held" "$data/held-out.jsonl"
lines train.jsonl.gz 1 "$sampled" "$data/sampled.jsonl"
lines train.jsonl.gz 4001 $((4000 + fit)) "$data/fit.jsonl"   # nothing is sampled for what was fitted

there "$data/sft" || "$counterflow" train-policy "$data/fit.jsonl" --model stories15m --held-out "$data/held-out.jsonl" --max-length 160 \
  --epochs "$epochs" --micro-batch 32 --learning-rate 5e-4 --warmup-steps 20 --workers 2 --precision bfloat16 --output "$data/sft"

snli=examples/summaries/data/snli-dev.jsonl.gz
if [ -z "${NLI:-}" ] && [ ! -d "$data/entailment" ] && [ ! -e "$log/runs/samples" ]; then   # what is sampled and scored stays as it is
  there "$snli" || "$counterflow" data snli --split dev --output "$snli" || true
  [ ! -e "$snli" ] || NLI=$snli
fi
# shellcheck disable=SC2086
[ -z "${NLI:-}" ] || there "$data/entailment" || "$counterflow" train-scorer entailment --nli "$NLI" $nli --learning-rate 1e-4 --max-length 128 \
  --on-bad-line skip --precision bfloat16 --workers 2 --output "$data/entailment"
without() { grep -v "$1" "$2" > "$3.part" && mv "$3.part" "$3"; }
sed "s#examples/summaries/data#$data#" examples/summaries/run.yaml > "$data/run.yaml"
if [ -d "$data/entailment" ]; then
  faithful=entailment
else
  faithful=length
  echo "going on without an entailment scorer; NLI=FILE names a data set to train it on"
  without entailment "$data/run.yaml" "$data/run.yaml"
fi

start_broker
# Sampled once, with the scorers that are there. The reward model learns from these samples; it scores them later.
without reward-model "$data/run.yaml" "$data/samples.yaml"
perform sample samples samples.yaml
if ! there "$data/reward-model"; then
  "$counterflow" export completions --output "$data/completions.jsonl.gz" --force "${log_options[@]}"
  python3 examples/summaries/pairs.py "$data/completions.jsonl.gz" > "$data/pairs.jsonl"
  # shellcheck disable=SC2086
  "$counterflow" train-scorer reward-model --pairs "$data/pairs.jsonl" $pairs --epochs 1 --learning-rate 1e-4 --max-length 192 \
    --precision bfloat16 --workers 2 --output "$data/reward-model"
fi

for objective in copg ipo dpo; do
  perform run "$objective" run.yaml --set "trainer.objective.name=$objective"
done
"$counterflow" compare-runs copg ipo dpo "${log_options[@]}" --output "$data/objectives.html"

# The same completions and scores under other weights: what the document says counts three times (without an entailment scorer: the length).
sed "/scorer: $faithful/s/weight: [0-9.]*/weight: 3/" "$data/run.yaml" > "$data/other-weights.yaml"
perform run copg-other-weights other-weights.yaml
"$counterflow" compare-runs copg copg-other-weights "${log_options[@]}" --output "$data/weights.html"
