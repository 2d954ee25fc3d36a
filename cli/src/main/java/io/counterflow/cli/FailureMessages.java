package io.counterflow.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.log.BrokerFailure;
import io.counterflow.files.FileAccessException;
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
import java.nio.file.NotDirectoryException;
import java.util.Arrays;
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
 * Turns an exception into what the user sees: one line, that names the place where the fault is ours. {@code COUNTERFLOW_STACKTRACE=1} shows the
 * trace instead.
 */
final class FailureMessages implements IExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(FailureMessages.class);
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    @Override
    public int handleExecutionException(Exception thrown, CommandLine commandLine, ParseResult parsed)
            throws Exception {
        Throwable failure =
                BrokerFailure.behind(thrown).map(Throwable.class::cast).orElseGet(() -> unwrap(thrown));
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
        if (System.getenv("COUNTERFLOW_STACKTRACE") != null) {
            throw thrown;
        }
        say(commandLine, line(failure));
        return FAILED;
    }

    private static String line(Throwable failure) {
        LOG.debug("failed", failure);
        Optional<String> full = TorchEngine.outOfMemory(failure).map(FailureMessages::memoryIsFull);
        return full.orElseGet(() -> isTheSurroundings(failure) ? message(failure) : unforeseen(failure));
    }

    /** Says what is no exception to picocli: Java's own memory is full, classes or native libraries do not fit. */
    static int error(CommandLine commandLine, Error error) {
        if (error instanceof OutOfMemoryError) {
            return heapIsFull(commandLine);
        }
        if (System.getenv("COUNTERFLOW_STACKTRACE") != null) {
            throw error;
        }
        say(commandLine, line(error));
        return FAILED;
    }

    /** A fault of ours, in one line that is enough to find the place. */
    private static String unforeseen(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        StackTraceElement[] trace = root.getStackTrace();
        String place = Arrays.stream(trace)
                .filter(frame -> frame.getClassName().startsWith("io.counterflow."))
                .findFirst()
                .or(() -> Arrays.stream(trace).findFirst())
                .map(frame -> " at " + frame.getClassName() + " line " + frame.getLineNumber())
                .orElse("");
        return "this should not have happened: " + inOneLine(root.toString()) + place
                + "; COUNTERFLOW_STACKTRACE=1 shows the whole trace, for a report of the fault";
    }

    private static String inOneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " | ");
    }

    /** Says that Java's own memory is full, which is no exception to picocli. */
    private static int heapIsFull(CommandLine commandLine) {
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
        // Of a file that could not be read or written everything is said that there is to say.
        for (Throwable cause = failure instanceof FileAccessException ? null : failure.getCause();
                cause != null;
                cause = cause instanceof FileAccessException ? null : cause.getCause()) {
            if (sentence && cause.getMessage() == null) {
                continue;
            }
            sentence |= isOurs(cause);
            String text = describe(cause);
            if (message.indexOf(text) < 0) {
                message.append(": ").append(text);
            }
        }
        return isOurs(failure) ? message.toString() : inOneLine(message.toString());
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
        if (failure instanceof NotDirectoryException) {
            return file + " is no folder";
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
