package io.counterflow.producer.source.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Servers that answer as each kind does where it is asked what it is. */
class ServerDetectionTest {

    private static ServerKind found(int otherwise, Map<String, String> answers) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String text = answers.get(exchange.getRequestURI().getPath());
            byte[] body = (text == null ? "no" : text).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(text == null ? otherwise : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            return ServerDetection.of(new Endpoint(
                    "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/",
                    Optional.empty(),
                    Duration.ofSeconds(60)));
        } finally {
            server.stop(0);
        }
    }

    /** llama.cpp v0.4.0: tools/server/README.md. */
    @Test
    void llamaCppHasProps() throws Exception {
        assertThat(found(
                        404, Map.of("/props", "{\"default_generation_settings\": {\"n_ctx\": 8}, \"total_slots\": 1}")))
                .isEqualTo(ServerKind.LLAMA_CPP);
    }

    /** vLLM 0.11: vllm/entrypoints/openai/api_server.py. */
    @Test
    void vllmHasAVersion() throws Exception {
        assertThat(found(404, Map.of("/version", "{\"version\": \"0.11.0\"}"))).isEqualTo(ServerKind.VLLM);
    }

    /** In development mode vLLM has a /server_info as well, of another content. */
    @Test
    void vllmInDevelopmentModeIsNotTakenForSglang() throws Exception {
        assertThat(found(
                        404,
                        Map.of("/version", "{\"version\": \"0.11.0\"}", "/server_info", "{\"vllm_config\": \"...\"}")))
                .isEqualTo(ServerKind.VLLM);
    }

    /** SGLang 0.5: python/sglang/srt/entrypoints/http_server.py. */
    @Test
    void sglangTellsItsModelAndItsArguments() throws Exception {
        assertThat(found(
                        404,
                        Map.of(
                                "/get_model_info",
                                "{\"model_path\": \"m\", \"tokenizer_path\": \"m\", \"is_generation\": true,"
                                        + " \"weight_version\": \"default\"}")))
                .isEqualTo(ServerKind.SGLANG);
        assertThat(found(404, Map.of("/server_info", "{\"internal_states\": [], \"version\": \"0.5.3\"}")))
                .isEqualTo(ServerKind.SGLANG);
    }

    @Test
    void aServerBehindAGatewayIsKnownByWhoOwnsItsModels() throws Exception {
        assertThat(found(403, Map.of("/v1/models", "{\"data\": [{\"id\": \"m\", \"owned_by\": \"vllm\"}]}")))
                .isEqualTo(ServerKind.VLLM);
    }

    @Test
    void anyOtherIsOneWithOpenAisApi() throws Exception {
        assertThat(found(404, Map.of("/v1/models", "{\"data\": [{\"id\": \"m\", \"owned_by\": \"me\"}]}")))
                .isEqualTo(ServerKind.OPENAI);
    }

    @Test
    void aServerThatIsNotReadyIsNoneYet() {
        assertThatThrownBy(() -> found(503, Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/props answered 503");
    }
}
