package io.counterflow.imports.completions;

import io.counterflow.imports.completions.ImportedGroup.Member;
import io.counterflow.imports.completions.NotTaken.Cause;
import io.counterflow.imports.completions.RunGroups.Group;
import io.counterflow.schemas.Prompt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which groups a file adds to what the log has of a run.
 *
 * <p>Completions: those of a prompt that the log has none of make one group. Those that come to a prompt with groups make a further group, since a
 * group in the log is closed; one that comes alone is put beside the first of the file's others that the log has, which keeps the scores that the log has of it. Pairs: each is a group of its own,
 * so that A over B and B over C are both kept. What stands twice counts once; of two lines that say the opposite neither is taken. One thread.
 */
final class GroupPlan {

    /** A completion of the file, with the line that it first stands in. */
    private record Said(long line, Member member) {}

    /** A pair of the file. */
    private record Pair(String better, String worse) {
        @SuppressWarnings("ArgumentSelectionDefectChecker") // that is its purpose
        Pair turned() {
            return new Pair(worse, better);
        }
    }

    /** What a file has of one prompt. */
    private static final class OfPrompt {
        private final Prompt prompt;
        private final Map<String, Said> members = new LinkedHashMap<>();
        private final Map<Pair, Long> pairs = new LinkedHashMap<>();

        OfPrompt(Prompt prompt) {
            this.prompt = prompt;
        }
    }

    /**
     * A group to be written.
     *
     * @param pass one that no group of the prompt has
     */
    record Planned(Prompt prompt, long pass, List<Member> members) {}

    /**
     * What is to be done.
     *
     * @param there groups of the log that have something of the file
     */
    record Plan(List<Planned> groups, int there, NotTaken notTaken) {}

    private final NotTaken.Counter notTaken = new NotTaken.Counter();
    private final Map<String, OfPrompt> prompts = new LinkedHashMap<>();

    /** Completions of a line. */
    void completions(long line, ImportedGroup group) {
        OfPrompt prompt = prompt(line, group);
        for (Member member : group.members()) {
            Said first = prompt.members.putIfAbsent(member.text(), new Said(line, member));
            if (first != null) {
                boolean same = first.member().scores().equals(member.scores());
                notTaken.add(same ? Cause.REPEATED : Cause.OTHER_SCORES, line);
            }
        }
    }

    /** The pair of a line, the better one first. */
    void pair(long line, ImportedGroup group) {
        Pair pair =
                new Pair(group.members().get(0).text(), group.members().get(1).text());
        if (prompt(line, group).pairs.putIfAbsent(pair, line) != null) {
            notTaken.add(Cause.REPEATED, line);
        }
    }

    private OfPrompt prompt(long line, ImportedGroup group) {
        OfPrompt prompt = prompts.computeIfAbsent(group.prompt().getPromptId(), id -> new OfPrompt(group.prompt()));
        if (!prompt.prompt.getMetadata().equals(group.prompt().getMetadata())) {
            notTaken.add(Cause.OTHER_METADATA, line);
        }
        return prompt;
    }

    /** Compares the file with the log. To be called once. */
    Plan against(RunGroups log) {
        List<Planned> groups = new ArrayList<>();
        int there = 0;
        for (OfPrompt prompt : prompts.values()) {
            List<Group> held = log.of(prompt.prompt.getPromptId());
            long pass = log.freePass(prompt.prompt.getPromptId());
            Set<Group> touched = Collections.newSetFromMap(new IdentityHashMap<>());
            List<List<Member>> added = new ArrayList<>(pairs(prompt, held, touched));
            List<Member> further = further(prompt, held, touched);
            if (!further.isEmpty()) {
                added.add(further);
            }
            for (List<Member> members : added) {
                groups.add(new Planned(prompt.prompt, pass++, members));
            }
            there += touched.size();
        }
        return new Plan(groups, there, notTaken.counted());
    }

    private List<Member> further(OfPrompt prompt, List<Group> held, Set<Group> touched) {
        List<Said> fresh = new ArrayList<>();
        List<Said> known = new ArrayList<>();
        for (Said said : prompt.members.values()) {
            (isThere(said, held, touched) ? known : fresh).add(said);
        }
        boolean beside = fresh.size() == 1 && !known.isEmpty();
        for (Said said : known) {
            boolean enters = beside && said.equals(known.get(0));
            if (enters ? !asLogged(said, held).equals(said.member()) : !isAsSaid(said, held)) {
                notTaken.add(Cause.SCORED_OTHERWISE, said.line());
            }
        }
        if (beside) {
            return List.of(asLogged(known.get(0), held), fresh.get(0).member());
        }
        if (fresh.size() == 1) {
            notTaken.add(
                    held.isEmpty() ? Cause.ALONE : Cause.ALONE_FURTHER,
                    fresh.get(0).line());
            return List.of();
        }
        return fresh.stream().map(Said::member).toList();
    }

    private static boolean isThere(Said said, List<Group> held, Set<Group> touched) {
        List<Group> with = held.stream()
                .filter(group -> group.texts().containsValue(said.member().text()))
                .toList();
        touched.addAll(with);
        return !with.isEmpty();
    }

    private static boolean isAsSaid(Said said, List<Group> held) {
        return scores(said, held).anyMatch(scores -> scores.entrySet()
                .containsAll(said.member().scores().entrySet()));
    }

    /** The completion with the scores that the log has first of the scorers that the file names; the file's where it has none. */
    private static Member asLogged(Said said, List<Group> held) {
        Map<String, Double> scores = new LinkedHashMap<>(said.member().scores());
        scores.replaceAll((scorer, value) -> scores(said, held)
                .map(logged -> logged.get(scorer))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(value));
        return said.member().withScores(scores);
    }

    /** Of each time that the log has the completion, in the order of the groups. */
    private static Stream<Map<String, Double>> scores(Said said, List<Group> held) {
        return held.stream().flatMap(group -> group.texts().entrySet().stream()
                .filter(one -> one.getValue().equals(said.member().text()))
                .map(one -> group.scores().getOrDefault(one.getKey(), Map.of())));
    }

    private List<List<Member>> pairs(OfPrompt prompt, List<Group> held, Set<Group> touched) {
        List<List<Member>> added = new ArrayList<>();
        prompt.pairs.forEach((pair, line) -> {
            List<Group> same = held.stream()
                    .filter(g -> g.prefers(pair.better(), pair.worse()))
                    .toList();
            touched.addAll(same);
            if (prompt.pairs.containsKey(pair.turned())) {
                notTaken.add(Cause.CONTRADICTION, line);
            } else if (same.isEmpty() && held.stream().anyMatch(g -> g.prefers(pair.worse(), pair.better()))) {
                notTaken.add(Cause.CONTRADICTS_LOG, line);
            } else if (same.isEmpty()) {
                added.add(List.of(
                        new Member(pair.better(), Map.of(CompletionLineParser.PREFERENCE, 1.0)),
                        new Member(pair.worse(), Map.of(CompletionLineParser.PREFERENCE, -1.0))));
            }
        });
        return added;
    }
}
