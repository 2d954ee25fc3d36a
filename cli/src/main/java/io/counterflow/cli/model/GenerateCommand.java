package io.counterflow.cli.model;

import io.counterflow.cli.report.Figures;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplate;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow model generate}. */
@Command(name = "generate", description = "Samples completions of a prompt.", mixinStandardHelpOptions = true)
public final class GenerateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private CheckpointArgument checkpoint;

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "The text to go on from.")
    private String prompt;

    @Option(
            names = "--no-special-tokens",
            description = "Do not put the tokenizer's special tokens, such as a leading <s>, around the prompt.")
    private boolean withoutSpecialTokens;

    @Option(
            names = "--chat",
            description = "Take the prompt as a user's message and spell it with the model's chat template.")
    private boolean chat;

    @Mixin
    private TemplateVariableOption templateVariables;

    @Option(names = "--system", paramLabel = "TEXT", description = "With --chat: the system message.")
    private String system;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many completions (default: ${DEFAULT-VALUE}).")
    private int samples;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "Most tokens of a completion (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "1",
            description = "0 takes the most probable token each time (default: ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "0",
            description = "Only the K most probable tokens; 0 for all (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Only the most probable tokens that together have P (default: ${DEFAULT-VALUE}).")
    private double topP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            defaultValue = "1",
            description = "Makes tokens that occurred less probable; 1 for none (default: ${DEFAULT-VALUE}).")
    private double repetitionPenalty;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End a completion at this text. May be repeated.")
    private List<String> stop = List.of();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "The same seed gives the same completions (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda, cuda:N or auto (default: ${DEFAULT-VALUE}).")
    private String device;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        SamplingSettings settings = new SamplingSettings(temperature, topK, topP, repetitionPenalty, maxTokens, stop);
        if (samples < 1) {
            throw new ParameterException(spec.commandLine(), "--samples is " + samples + "; it must be at least 1");
        }
        if (!chat && !templateVariables.variables().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--template-variable needs --chat");
        }
        Path folder = checkpoint.folder(new AvailableMemory()::requireForInference);
        ModelOptions options = ModelOptions.inference().withDevice(device);
        try (LanguageModel model = LanguageModel.load(folder, options)) {
            int[] ids = chat
                    ? model.tokenizer().encode(conversation(folder))
                    : model.tokenizer().encode(prompt, !withoutSpecialTokens);
            List<SampleRequest> requests = LongStream.range(seed, seed + samples)
                    .mapToObj(s -> new SampleRequest(ids, settings, s))
                    .toList();
            for (Sample sample : model.sample(requests)) {
                out.println(chat ? sample.text() : prompt + sample.text());
                out.printf(
                        Locale.ROOT,
                        "[%d tokens, %s, log-probability %s]%n",
                        sample.tokenIds().length,
                        sample.finishReason().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        Figures.number(sample.logProbability(), 3));
            }
        }
        return 0;
    }

    private String conversation(Path folder) {
        ChatTemplate template = ChatTemplate.read(CheckpointParts.of(folder).tokenizerFolder())
                .orElseThrow(() -> new ChatTemplateException(
                        "%s has no chat template; leave --chat out".formatted(checkpoint.name())));
        List<ChatMessage> messages = new ArrayList<>();
        if (system != null) {
            messages.add(new ChatMessage("system", system));
        }
        messages.add(new ChatMessage("user", prompt));
        return template.render(
                new Conversation(messages, templateVariables.variables()),
                true,
                ZonedDateTime.now(ZoneId.systemDefault()));
    }
}
