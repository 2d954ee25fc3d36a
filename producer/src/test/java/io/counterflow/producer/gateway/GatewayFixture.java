package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Score;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** A gateway whose model has the words a to e, with the ids 3 to 7, and p and q. */
final class GatewayFixture implements AutoCloseable {

    private final Log log;
    private final Tokenizer tokenizer;
    private final Gateway gateway;

    /** @param folder an empty one, for the tokenizer */
    GatewayFixture(Log log, Path folder, Duration patience) throws IOException {
        this(log, folder, patience, Optional.empty());
    }

    GatewayFixture(Log log, Path folder, Duration patience, Optional<Upstream> upstream) throws IOException {
        this.log = log;
        WordLevelTokenizer.write(folder, List.of("a", "b", "c", "d", "e", "p", "q"));
        tokenizer = Tokenizer.load(folder, 10);
        gateway = Gateway.start(
                log,
                new GatewayConfig("127.0.0.1", 0, Optional.of(GatewayClient.TOKEN), patience),
                Optional.of(new GatewayModel(
                        PromptEncoder.of(tokenizer, List.of(2)), 100, Optional.of("served"), upstream)),
                InstantSource.system(),
                new SecureRandom(),
                GatewayListener.NONE);
    }

    Gateway gateway() {
        return gateway;
    }

    GatewayClient client() {
        return new GatewayClient(gateway.address());
    }

    List<Completion> completions() {
        return all(log, Topic.COMPLETIONS, Completion.class);
    }

    List<Score> scores() {
        return all(log, Topic.SCORES, Score.class);
    }

    static <T extends SpecificRecord> List<T> all(Log log, Topic topic, Class<T> type) {
        List<T> all = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            reader.read(reader.everything(), record -> all.add(record.value()));
        }
        return all;
    }

    @Override
    public void close() {
        gateway.close();
        tokenizer.close();
    }
}
