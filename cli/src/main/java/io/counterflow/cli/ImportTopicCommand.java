package io.counterflow.cli;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.log.transfer.FileFormat;
import io.counterflow.log.transfer.Positions;
import io.counterflow.log.transfer.TopicImporter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow import topic}. */
@Command(
        name = "topic",
        description = "Brings what 'counterflow export' wrote back into a topic.",
        mixinStandardHelpOptions = true)
final class ImportTopicCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Parameters(index = "0", paramLabel = "TOPIC", converter = TopicName.class, description = TopicName.DESCRIPTION)
    private Topic topic;

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "What was exported: .avro, or JSON lines, gzipped or not.")
    private Path file;

    @Option(
            names = "--positions",
            paramLabel = "NAME",
            defaultValue = "APPEND",
            description =
                    "APPEND: to the end of the topic; KEEP: to the partitions and offsets that the records had, so that runs can be"
                            + " replayed on them; the topic must be empty then (default: ${DEFAULT-VALUE}).")
    private Positions positions;

    @Override
    public Integer call() {
        try (LogAccess access = logOptions.open()) {
            access.log().createTopics();
            long records = read(access.log(), topic.recordType());
            spec.commandLine().getOut().println(records + " records of " + file + " are in " + topic.topicName());
            return 0;
        }
    }

    private <T extends SpecificRecord> long read(Log log, Class<T> type) {
        return new TopicImporter(log).importFile(file, log.topicName(topic), type, FileFormat.of(file), positions);
    }
}
