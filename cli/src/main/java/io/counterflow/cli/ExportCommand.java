package io.counterflow.cli;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.log.HiddenRecords;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.log.Topic;
import io.counterflow.log.transfer.FileFormat;
import io.counterflow.log.transfer.TopicExporter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow export}. */
@Command(
        name = "export",
        description = {
            "Writes a topic, or a part of it, to a file: each record with its partition, offset, time and key.",
            "'counterflow import topic' brings it back."
        },
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Parameters(index = "0", paramLabel = "TOPIC", converter = TopicName.class, description = TopicName.DESCRIPTION)
    private Topic topic;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description =
                    "Where to: .avro for an Avro container, otherwise JSON lines, gzipped where the name ends in .gz."
                            + " There whole or not at all.")
    private Path output;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Only records written at or after this time, e.g. 2026-11-21T08:00:00Z.")
    private Instant from;

    @Option(names = "--until", paramLabel = "TIME", description = "Only records written before this time.")
    private Instant until;

    @Option(names = "--partition", paramLabel = "N", description = "Only this partition. May be repeated.")
    private List<Integer> partitions = List.of();

    @Option(names = "--force", description = "Overwrite the file.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(output) && !force) {
            throw new ConfigException(output + " is there already; --force overwrites it");
        }
        Path folder = output.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        try (LogAccess access = logOptions.open()) {
            access.log().createTopics();
            Written written = write(access.log(), topic.recordType());
            PrintWriter out = spec.commandLine().getOut();
            out.println(written.records() + " records of " + topic.topicName() + " are in " + output);
            for (HiddenRecords hidden : written.hidden()) {
                out.println("not in it: " + hidden + "; export again when it has ended");
            }
            out.flush();
            return 0;
        }
    }

    private record Written(long records, List<HiddenRecords> hidden) {}

    private <T extends SpecificRecord> Written write(Log log, Class<T> type) {
        List<OffsetRange> ranges;
        List<HiddenRecords> hidden;
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            ranges = from == null && until == null
                    ? reader.everything()
                    : reader.between(
                            from == null ? Instant.EPOCH : from,
                            until == null ? Instant.ofEpochMilli(Long.MAX_VALUE / 2) : until);
            hidden = reader.hidden().stream()
                    .filter(h -> partitions.isEmpty() || partitions.contains(h.partition()))
                    .toList();
        }
        List<OffsetRange> chosen = ranges.stream()
                .filter(r -> partitions.isEmpty() || partitions.contains(r.partition()))
                .toList();
        long records = new TopicExporter(log).export(log.topicName(topic), type, chosen, output, FileFormat.of(output));
        return new Written(records, hidden);
    }
}
