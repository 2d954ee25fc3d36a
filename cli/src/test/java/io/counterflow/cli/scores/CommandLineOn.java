package io.counterflow.cli.scores;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.Counterflow;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs commands in this process on a broker that a test has started. */
record CommandLineOn(EmbeddedLog log, Path data) {

    /** What a command said, and how it ended. */
    record Said(int exitCode, String out, String err) {}

    /** Where the log is, as options. */
    List<String> options() {
        return List.of(
                "--data",
                data.toString(),
                "--bootstrap-servers",
                log.config().bootstrapServers(),
                "--schema-registry",
                log.config().schemaRegistryUrl());
    }

    Said run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(options());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Counterflow.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all.toArray(String[]::new));
        return new Said(exitCode, out.toString(), err.toString());
    }
}
