package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.schemas.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedCluster.class)
class PublicationTest {

    private static Logs logs;

    @BeforeAll
    static void shareCluster(Logs shared) {
        logs = shared;
    }

    private static Prompt prompt(String text) {
        return Prompt.newBuilder(RecordSamples.prompt())
                .setPromptId(text)
                .setText(text)
                .build();
    }

    @Test
    void whenItIsFinishedEverythingIsInTheLog() {
        try (Log log = logs.open("published.");
                Publication publication = new Publication(log, Topic.PROMPTS);
                LogReader<Prompt> reader = new LogReader<>(log, Topic.PROMPTS, Prompt.class)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                texts.add("text " + i);
                publication.add("text " + i, prompt("text " + i));
            }
            publication.finish();

            List<String> read = new ArrayList<>();
            reader.read(reader.everything(), record -> read.add(record.value().getText()));
            assertThat(read).containsExactlyInAnyOrderElementsOf(texts);
        }
    }

    @Test
    void whatTheBrokerRefusesIsSaidAtTheEndThoughItWasSentLongBefore() throws Exception {
        String letters = new SplittableRandom(1)
                .ints(5_000, 'A', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        try (Log log = logs.empty("narrow.", 4);
                Admin admin = log.admin()) {
            NewTopic narrow = new NewTopic("narrow.prompts", 4, (short) 1).configs(Map.of("max.message.bytes", "1000"));
            admin.createTopics(List.of(narrow)).all().get();
            try (Publication publication = new Publication(log, Topic.PROMPTS)) {
                publication.add("large", prompt(letters));
                assertThatThrownBy(publication::finish)
                        .isInstanceOf(LogException.class)
                        .hasMessageStartingWith("cannot write to narrow.prompts: ");
                assertThatThrownBy(() -> publication.add("small", prompt("small")))
                        .as("after one that was refused")
                        .isInstanceOf(LogException.class);
            }
        }
    }
}
