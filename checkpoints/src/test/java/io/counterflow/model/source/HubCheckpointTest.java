package io.counterflow.model.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubCheckpointTest {
    private static final Path LLAMA = Path.of("src/test/resources/fixtures/tiny-llama");

    @TempDir
    Path cache;

    private FakeHub hub;

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub()
                .file("README.md", "not needed".getBytes())
                .file("config.json", Files.readAllBytes(LLAMA.resolve("config.json")))
                .file("tokenizer.json", Files.readAllBytes(LLAMA.resolve("tokenizer.json")))
                .file("model.safetensors", Files.readAllBytes(LLAMA.resolve("model.safetensors")));
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    @Test
    void downloadsWhatACheckpointNeedsAndNothingElse() {
        Path folder = download("hf:acme/tiny");

        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
        assertThat(folder.resolve("README.md")).doesNotExist();
        CheckpointTensors.open(folder, ModelConfig.read(folder)).close();
        assertThat(folder).isEqualTo(cache.resolve("models--acme--tiny/snapshots/" + FakeHub.COMMIT));
        assertThat(cache.resolve("models--acme--tiny/refs/main")).hasContent(FakeHub.COMMIT);
    }

    @Test
    void furtherChatTemplatesComeWithTheCheckpoint() {
        hub.file("additional_chat_templates/tool_use.jinja", "{{ tools }}".getBytes())
                .file("additional_chat_templates/notes.txt", "not needed".getBytes());
        Path templates = download("hf:acme/tiny").resolve("additional_chat_templates");
        assertThat(templates.resolve("tool_use.jinja")).hasContent("{{ tools }}");
        assertThat(templates.resolve("notes.txt")).doesNotExist();
    }

    @Test
    void whatIsInTheCacheIsNotFetchedAgain() {
        download("hf:acme/tiny");
        hub.requests.clear();
        download("hf:acme/tiny@main");
        assertThat(hub.requests).containsExactly("/api/models/acme/tiny/revision/main");
        download("hf:acme/tiny@" + FakeHub.COMMIT);
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void downloadThatBreaksOffGoesOnWhereItStopped() {
        hub.breaksOff(100_000, 3);
        Path folder = download("hf:acme/tiny");
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
        assertThat(hub.requests.stream().filter(r -> r.startsWith("/model.safetensors")))
                .hasSize(4)
                .last()
                .asString()
                .matches("/model.safetensors bytes=[1-3]\\d{5}-");
    }

    @Test
    void laterProcessGoesOnWhereAnEarlierOneGaveUp() {
        hub.breaksOff(0, Integer.MAX_VALUE);
        Path part = cache.resolve("models--acme--tiny/blobs");
        hub.breaksOff(200_000, 1);
        CheckpointSources impatient = sources(attempt -> {
            throw new InterruptedException("killed");
        });
        assertThatThrownBy(() -> impatient.folder("hf:acme/tiny", DownloadListener.SILENT))
                .isInstanceOf(SourceException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(partFiles(part)).hasSize(1);
        assertThat(cache.resolve("models--acme--tiny/snapshots/" + FakeHub.COMMIT + "/model.safetensors"))
                .doesNotExist();

        Path folder = download("hf:acme/tiny");

        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
        assertThat(hub.requests).anyMatch(r -> r.startsWith("/model.safetensors bytes="));
        assertThat(partFiles(part)).isEmpty();
    }

    @Test
    void serverWithoutRangesSendsTheWholeFileAgain() {
        hub.breaksOff(100_000, 1).withoutRanges();
        Path folder = download("hf:acme/tiny");
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
    }

    @Test
    void answersThatEndEarlyAreContinuedAsLongAsTheyBringSomething() {
        hub.truncatesSilently();
        Path folder = download("hf:acme/tiny");
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
    }

    @Test
    void hubThatNeverDeliversIsGivenUp() {
        hub.breaksOff(0, Integer.MAX_VALUE);
        assertThatThrownBy(() -> download("hf:acme/tiny"))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("model.safetensors of hf:acme/tiny@main broke off at byte 0 of 316448")
                .hasMessageContaining("the next attempt goes on");
    }

    @Test
    void hubThatIsBusyIsAskedAgain() {
        hub.busy(3);
        Path folder = download("hf:acme/tiny");
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
    }

    @Test
    void hubThatStaysBusyIsGivenUp() {
        hub.busy(Integer.MAX_VALUE);
        assertThatThrownBy(() -> download("hf:acme/tiny"))
                .hasMessageContaining("model.safetensors of hf:acme/tiny@main broke off at byte 0 of 316448")
                .hasMessageContaining("answered 503 (come again)");
    }

    @Test
    void connectionThatBringsNothingMoreIsGivenUpAndTheFileGoneOnWith() {
        hub.stalls(2);
        Download.Pause impatient = new Download.Pause() {
            @Override
            public void before(int attempt) {}

            @Override
            public Duration patience() {
                return Duration.ofMillis(300);
            }
        };
        Path folder =
                sources(settings(Optional.empty(), false), impatient).folder("hf:acme/tiny", DownloadListener.SILENT);
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
        assertThat(hub.requests).contains("/model.safetensors bytes=158224-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ht tp://%", "ftp://localhost/x", "file:///etc/passwd", "mailto:x"})
    void redirectThatLeadsNowhereIsNamed(String location) {
        hub.redirectsListingTo(location);
        assertThatThrownBy(() -> download("hf:acme/tiny"))
                .isInstanceOf(SourceException.class)
                .hasMessageEndingWith("redirects to \"" + location + "\", which is no address on the web");
    }

    @Test
    void damagedFileIsThrownAwayAndTheNextAttemptWorks() {
        hub.corrupts(1);
        assertThatThrownBy(() -> download("hf:acme/tiny"))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("model.safetensors of hf:acme/tiny@main arrived damaged");
        assertThat(download("hf:acme/tiny").resolve("model.safetensors"))
                .hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
    }

    @Test
    void tokenIsShownToTheHubAndNotToItsStorage() {
        hub.needsToken("secret");
        assertThatThrownBy(() -> download("hf:acme/tiny"))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("shows hf:acme/tiny@main to nobody without an access token")
                .hasMessageContaining("set HF_TOKEN");
        assertThatThrownBy(() -> sources(settings(Optional.of("wrong"), false), attempt -> {})
                        .folder("hf:acme/tiny", DownloadListener.SILENT))
                .hasMessageContaining("check HF_TOKEN")
                .hasMessageNotContaining("wrong");
        sources(settings(Optional.of("secret"), false), attempt -> {}).folder("hf:acme/tiny", DownloadListener.SILENT);
        assertThat(hub.tokens).contains("Bearer secret");
        assertThat(hub.storageTokens).containsOnly("null");
    }

    @Test
    void unknownModelIsNamed() {
        assertThatThrownBy(() -> download("hf:acme/huge"))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("has no hf:acme/huge@main (Repository not found); check the name");
        assertThatThrownBy(() -> download("hf:not a name"))
                .hasMessageContaining("the form is hf:org/name or hf:org/name@revision");
    }

    @Test
    void hubThatIsAwayLeavesTheCache() {
        Path folder = download("hf:acme/tiny");
        hub.close();
        assertThat(download("hf:acme/tiny")).isEqualTo(folder);
        assertThat(sources(settings(Optional.empty(), true), attempt -> {})
                        .folder("hf:acme/tiny", DownloadListener.SILENT))
                .isEqualTo(folder);
        assertThatThrownBy(() -> download("hf:acme/other"))
                .hasMessageContaining("cannot reach localhost")
                .hasMessageContaining("hf:acme/other@main is not in the cache");
        assertThatThrownBy(() -> sources(settings(Optional.empty(), true), attempt -> {})
                        .folder("hf:acme/other", DownloadListener.SILENT))
                .hasMessageContaining("HF_HUB_OFFLINE is set");
    }

    @Test
    void aModelThatIsRefusedForItsConfigurationIsNotFetched() {
        assertThatThrownBy(() -> sources(attempt -> {}).folder("hf:acme/tiny", DownloadListener.SILENT, folder -> {
                    throw new IllegalArgumentException(
                            "too large: " + ModelConfig.read(folder).parameters());
                }))
                .hasMessageStartingWith("too large: ");
        assertThat(hub.requests).noneMatch(r -> r.contains("model.safetensors"));
    }

    @Test
    void shardsAreThoseThatTheIndexNames() throws IOException {
        try (FakeHub sharded = new FakeHub()) {
            sharded.file("config.json", Files.readAllBytes(LLAMA.resolve("config.json")))
                    .file("tokenizer.json", Files.readAllBytes(LLAMA.resolve("tokenizer.json")));
            Path shards = Files.createDirectories(cache.resolve("made"));
            ModelConfig config = ModelConfig.read(LLAMA);
            try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
                io.counterflow.model.checkpoint.CheckpointWriter.write(shards, config, tensors.tensors(), 120_000);
            }
            try (Stream<Path> files = Files.list(shards)) {
                for (Path file : files.filter(f -> !f.endsWith("config.json")).toList()) {
                    sharded.file(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
            Path folder = new HubCheckpoint(
                            new HubSettings(sharded.endpoint(), Optional.empty(), cache, false),
                            HubId.parse("acme/tiny"),
                            attempt -> {})
                    .folder(DownloadListener.SILENT, WeightsGuard.NONE);
            CheckpointTensors.open(folder, config).close();
        }
    }

    @Test
    void baseOfAnAdapterIsFetchedWhereItIsComputedWith() throws IOException {
        Path adapter = Files.createDirectories(cache.resolve("adapter"));
        Path config = adapter.resolve("adapter_config.json");
        String json =
                "{\"r\": 4, \"lora_alpha\": 8, \"target_modules\": [\"q_proj\"], \"base_model_name_or_path\": \"%s\"}";
        Files.writeString(config, json.formatted("acme/tiny"));
        List<Path> checked = new ArrayList<>();
        assertThat(sources(attempt -> {}).folder(adapter.toString(), DownloadListener.SILENT))
                .isEqualTo(adapter);
        assertThat(hub.requests).isEmpty();
        assertThat(sources(attempt -> {}).folder(adapter.toString(), DownloadListener.SILENT, checked::add))
                .isEqualTo(adapter);
        Path base = cache.resolve("models--acme--tiny/snapshots/" + FakeHub.COMMIT);
        assertThat(base.resolve("model.safetensors")).hasSameBinaryContentAs(LLAMA.resolve("model.safetensors"));
        assertThat(checked).containsExactly(base);

        Files.writeString(config, json.formatted("acme/unknown"));
        assertThatThrownBy(() ->
                        sources(attempt -> {}).folder(adapter.toString(), DownloadListener.SILENT, WeightsGuard.NONE))
                .isInstanceOf(SourceException.class)
                .hasMessageStartingWith("the base model \"acme/unknown\" of the adapter in " + adapter
                        + " is no folder here, and on the hub: ");
    }

    @Test
    void listenerHearsEachFileToItsEnd() {
        List<String> heard = new ArrayList<>();
        sources(attempt -> {}).folder("hf:acme/tiny", (name, done, total) -> {
            if (done == total) {
                heard.add(name);
            }
        });
        assertThat(heard).containsExactly("config.json", "tokenizer.json", "model.safetensors");
    }

    @Test
    void settingsComeFromTheUsualVariables() throws IOException {
        Path home = Files.createDirectories(cache.resolve("home"));
        assertThat(HubSettings.of(Map.of(), home))
                .isEqualTo(new HubSettings(
                        java.net.URI.create("https://huggingface.co"),
                        Optional.empty(),
                        home.resolve(".cache/huggingface/hub"),
                        false));
        Path hubHome = Files.createDirectories(cache.resolve("hf"));
        Files.writeString(hubHome.resolve("token"), "hf_fromfile\n");
        HubSettings settings = HubSettings.of(
                Map.of("HF_HOME", hubHome.toString(), "HF_ENDPOINT", "https://mirror.example/", "HF_HUB_OFFLINE", "1"),
                home);
        assertThat(settings)
                .isEqualTo(new HubSettings(
                        java.net.URI.create("https://mirror.example"),
                        Optional.of("hf_fromfile"),
                        hubHome.resolve("hub"),
                        true));
        assertThat(settings.toString()).doesNotContain("hf_fromfile");
        assertThat(HubSettings.of(Map.of("HF_TOKEN", "hf_direct", "HF_HOME", hubHome.toString()), home)
                        .token())
                .contains("hf_direct");
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror"), home))
                .hasMessage("HF_ENDPOINT is \"mirror\"; it must begin with https:// or http://");
    }

    private Path download(String name) {
        return sources(attempt -> {}).folder(name, DownloadListener.SILENT);
    }

    private CheckpointSources sources(Download.Pause pause) {
        return sources(settings(Optional.empty(), false), pause);
    }

    private CheckpointSources sources(HubSettings settings, Download.Pause pause) {
        return new CheckpointSources(settings, cache, List.of("npm"), pause);
    }

    private HubSettings settings(Optional<String> token, boolean offline) {
        return new HubSettings(hub.endpoint(), token, cache, offline);
    }

    private static List<Path> partFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".part")).toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
