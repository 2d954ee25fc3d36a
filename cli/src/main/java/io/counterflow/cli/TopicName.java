package io.counterflow.cli;

import io.counterflow.log.Topic;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a topic, without the log's prefix. */
final class TopicName implements ITypeConverter<Topic> {

    static final String DESCRIPTION =
            "prompts, completions, scores, scored-groups, training-steps, policies or dead-letters.";

    @Override
    public Topic convert(String name) {
        return Arrays.stream(Topic.values())
                .filter(t -> t.topicName().equals(name))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + name + "' is no topic; there are "
                        + Arrays.stream(Topic.values()).map(Topic::topicName).collect(Collectors.joining(", "))));
    }
}
