package io.counterflow.cli.verify;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.service.ScoringConfig;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.scorer.streams.StreamsSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The two Streams applications, scoring and assembling, in a process of their own. */
public final class ScoringProcess {

    private static final String SCORER = "share-of-a";
    private static final String VERSION = "1";

    private ScoringProcess() {}

    static JavaProcess start(LogConfig log, Path state, Path output) throws IOException {
        return JavaProcess.start(
                ScoringProcess.class,
                "256m",
                output,
                List.of(log.bootstrapServers(), log.schemaRegistryUrl(), state.toString()));
    }

    /** Brokers, registry, and the folder of the state stores. */
    public static void main(String[] arguments) throws Exception {
        Log log = new Log(LogConfig.of(arguments[0], arguments[1]));
        StreamsSettings streams =
                new StreamsSettings("verify", "0", Path.of(arguments[2]), null, null, Duration.ofSeconds(6), null);
        ScorerConfig scorer = new ScorerConfig(SCORER, null, VERSION, Map.of(), null, null);
        ScoringService scoring = new ScoringService(
                log,
                new ScoringConfig(List.of(scorer), null, streams),
                ScorerCatalog.of(List.of(new ShareOfA())),
                ScoringListener.NONE);
        Recipe recipe =
                new Recipe("drill", List.of(new Term(SCORER, VERSION, null, null, null, null, null, null)), null, null);
        AssemblerService assembler =
                new AssemblerService(log, new AssemblerConfig(recipe, null, null, streams), AssemblerListener.NONE);
        Thread assembling = new Thread(
                () -> {
                    try {
                        assembler.run();
                    } catch (Exception e) {
                        fail(e);
                    }
                },
                "assembling");
        assembling.start();
        try {
            scoring.run();
        } catch (Exception e) {
            fail(e);
        }
    }

    /** Both applications end together, and are started again together. */
    private static void fail(Exception e) {
        e.printStackTrace(System.out);
        Runtime.getRuntime().halt(1);
    }

    /** A score that everybody can check: the share of words that are "a". */
    private static final class ShareOfA implements ScorerFactory<ShareOfA.Settings> {

        /** There is nothing to set. */
        record Settings() {}

        @Override
        public String name() {
            return SCORER;
        }

        @Override
        public Class<Settings> configuration() {
            return Settings.class;
        }

        @Override
        public Scorer create(Settings settings) {
            return batch -> {
                List<ScoreOutcome> outcomes = new ArrayList<>();
                for (ScoreRequest request : batch) {
                    List<String> words = List.of(request.completion().strip().split(" "));
                    outcomes.add(ScoreOutcome.of(
                            (double) words.stream().filter("a"::equals).count() / words.size()));
                }
                return outcomes;
            };
        }
    }
}
