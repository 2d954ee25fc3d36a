package io.counterflow.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.model.decoder.TorchEngine;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/**
 * Turns an exception into what the user sees: one line where the input, the configuration or the surroundings are at fault, a stack trace where we
 * are. {@code COUNTERFLOW_STACKTRACE=1} shows the trace always.
 */
final class FailureMessages implements IExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(FailureMessages.class);
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    @Override
    public int handleExecutionException(Exception thrown, CommandLine commandLine, ParseResult parsed)
            throws Exception {
        Throwable failure = unwrap(thrown);
        if (failure instanceof ConfigException) {
            say(commandLine, failure.getMessage());
            return MISUSED;
        }
        if (failure instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            say(commandLine, "interrupted");
            return 130;
        }
        if (failure instanceof OutOfMemoryError) {
            return heapIsFull(commandLine);
        }
        Optional<String> full = TorchEngine.outOfMemory(failure).map(FailureMessages::memoryIsFull);
        if (System.getenv("COUNTERFLOW_STACKTRACE") == null && (full.isPresent() || isTheSurroundings(failure))) {
            LOG.debug("failed", failure);
            say(commandLine, full.orElseGet(() -> message(failure)));
            return FAILED;
        }
        throw thrown;
    }

    /** Says that Java's own memory is full, which is no exception to picocli. */
    static int heapIsFull(CommandLine commandLine) {
        say(
                commandLine,
                "Java's heap of %d MB is full; give it more with COUNTERFLOW_HEAP, for example COUNTERFLOW_HEAP=4g"
                        .formatted(Runtime.getRuntime().maxMemory() >> 20));
        return FAILED;
    }

    private static String memoryIsFull(String said) {
        return "memory is full (" + said
                + "). Fewer sequences at a time (microBatch), gradientCheckpointing, bfloat16 or a LoRA adapter"
                + " need less";
    }

    /** Our own exceptions carry whole sentences; Kafka's and the file system's are made into one. */
    private static boolean isTheSurroundings(Throwable failure) {
        return failure instanceof IOException
                || failure instanceof UncheckedIOException
                || failure instanceof KafkaException
                || failure instanceof IllegalArgumentException
                || isOurs(failure);
    }

    private static boolean isOurs(Throwable failure) {
        return failure.getClass().getName().startsWith("io.counterflow.") && failure.getMessage() != null;
    }

    private static String message(Throwable failure) {
        StringBuilder message = new StringBuilder(describe(failure));
        boolean sentence = isOurs(failure);
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (sentence && cause.getMessage() == null) {
                continue;
            }
            sentence |= isOurs(cause);
            String text = describe(cause);
            if (message.indexOf(text) < 0) {
                message.append(": ").append(text);
            }
        }
        return message.toString();
    }

    private static String describe(Throwable failure) {
        if (failure instanceof FileSystemException e && e.getReason() == null) {
            return withReason(e);
        }
        if (failure instanceof JsonProcessingException e) {
            return JsonFault.describe(e);
        }
        if (failure instanceof RecordDeserializationException e) {
            return "the record at " + e.topicPartition() + ", offset " + e.offset() + " cannot be read";
        }
        String text = failure.getMessage();
        return text == null ? failure.getClass().getSimpleName() : text;
    }

    /** The JDK's own message is the path alone. */
    private static String withReason(FileSystemException failure) {
        String file = failure.getFile();
        if (failure instanceof NoSuchFileException) {
            return "there is no file or folder " + file;
        }
        if (failure instanceof FileAlreadyExistsException) {
            return file + " is there already, and is not what is needed";
        }
        if (failure instanceof AccessDeniedException) {
            return "no permission for " + file;
        }
        return failure instanceof DirectoryNotEmptyException
                ? file + " is a folder that is not empty"
                : failure.toString();
    }

    private static Throwable unwrap(Throwable thrown) {
        Throwable failure = thrown;
        while ((failure instanceof ExecutionException || failure instanceof CompletionException)
                && failure.getCause() != null) {
            failure = failure.getCause();
        }
        return failure;
    }

    private static void say(CommandLine commandLine, String message) {
        PrintWriter err = commandLine.getErr();
        err.println(commandLine.getColorScheme().errorText("counterflow: " + message));
        err.flush();
    }
}
