package io.counterflow.log.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpSchemaRegistryTest {

    private static final Schema SCHEMA =
            SchemaBuilder.record("R").fields().requiredInt("a").endRecord();

    private record Answer(int status, String body) {}

    private final Deque<Answer> answers = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            synchronized (asked) {
                asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                        + exchange.getRequestHeaders().getFirst("Authorization"));
                Answer answer = answers.size() > 1 ? answers.pop() : answers.peek();
                byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.status(), body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private HttpSchemaRegistry registry(String userInfo) {
        String url = "http://" + userInfo + "127.0.0.1:" + server.getAddress().getPort() + "/apis/ccompat/v7/";
        return new HttpSchemaRegistry(url, 3, Duration.ZERO);
    }

    @Test
    void aSchemaThatIsNotThereIsRegisteredOnceAndThenRemembered() {
        answers.add(new Answer(404, "{\"error_code\": 40401, \"message\": \"Subject not found.\"}"));
        answers.add(new Answer(200, "{\"id\": 17}"));
        HttpSchemaRegistry registry = registry("");
        assertThat(registry.register("a b-value", SCHEMA)).isEqualTo(17);
        assertThat(registry.register("a b-value", SCHEMA)).isEqualTo(17);
        assertThat(asked)
                .containsExactly(
                        "POST /apis/ccompat/v7/subjects/a+b-value null",
                        "POST /apis/ccompat/v7/subjects/a+b-value/versions null");
    }

    @Test
    void aSchemaThatIsThereNeedsNoRightToWrite() {
        answers.add(new Answer(200, "{\"subject\": \"s\", \"version\": 2, \"id\": 17, \"schema\": \"...\"}"));
        answers.add(new Answer(403, "{\"error_code\": 40301, \"message\": \"User is denied operation Write\"}"));
        assertThat(registry("").register("s", SCHEMA)).isEqualTo(17);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aRegistryThatDoesNotLetAnybodyWriteIsHeardInItsOwnWords() {
        for (Answer refused : List.of(
                new Answer(422, "{\"error_code\": 42205, \"message\": \"Subject is in read-only mode\"}"),
                new Answer(403, "{\"error_code\": 42205, \"message\": \"Subject is in read-only mode\"}"))) {
            answers.clear();
            answers.add(new Answer(404, "{}"));
            answers.add(refused);
            assertThatThrownBy(() -> registry("").register("s", SCHEMA))
                    .isInstanceOf(SchemaRegistryException.class)
                    .hasMessageContaining(String.valueOf(refused.status()))
                    .hasMessageContaining("Subject is in read-only mode (42205)");
        }
    }

    @Test
    void aRegistryThatIsBusyIsAskedAgain() {
        answers.add(new Answer(503, "starting"));
        answers.add(new Answer(429, "slower"));
        answers.add(new Answer(200, "{\"id\": 3}"));
        assertThat(registry("").register("s", SCHEMA)).isEqualTo(3);
        assertThat(asked).hasSize(3).containsOnly("POST /apis/ccompat/v7/subjects/s null");
    }

    @Test
    void aRegistryThatStaysBusyIsGivenUpWithItsAddressAndAnswer() {
        answers.add(new Answer(503, "starting"));
        assertThatThrownBy(() -> registry("").byId(1))
                .isInstanceOf(SchemaRegistryUnavailableException.class)
                .hasMessageContaining("answered 503: starting, asked 3 times")
                .hasMessageContaining("log.schemaRegistryUrl");
        assertThat(asked).hasSize(3);
    }

    @Test
    void aRegistryThatIsNotThereIsNamed() {
        server.stop(0);
        assertThatThrownBy(() -> registry("").byId(1))
                .isInstanceOf(SchemaRegistryUnavailableException.class)
                .hasMessageContaining("does not answer")
                .hasMessageContaining(String.valueOf(server.getAddress().getPort()));
    }

    @Test
    void anIncompatibleSchemaIsNotAskedAgain() {
        answers.add(new Answer(409, "{\"error_code\": 40901, \"message\": \"no default\"}"));
        assertThatThrownBy(() -> registry("").register("s", SCHEMA))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessageContaining("no default");
        assertThat(asked).hasSize(2);
    }

    @Test
    void anUnknownIdSaysWhereItShouldBe() {
        answers.add(new Answer(404, "{\"error_code\": 40403}"));
        assertThatThrownBy(() -> registry("").byId(9))
                .isInstanceOf(SchemaRegistryException.class)
                .hasMessageContaining("/schemas/ids/9")
                .hasMessageContaining("the registry it was written with");
    }

    @Test
    void aPageThatIsNoRegistryIsRecognised() {
        answers.add(new Answer(200, "<html>"));
        assertThatThrownBy(() -> registry("").byId(9)).hasMessageContaining("is not JSON");
    }

    @Test
    void userAndPasswordOfTheAddressAreSentAndNotShown() {
        answers.add(new Answer(200, "{\"schema\": \"\\\"string\\\"\"}"));
        answers.add(new Answer(401, "who?"));
        HttpSchemaRegistry registry = registry("ann:secret@");
        assertThat(registry.byId(1)).isEqualTo(Schema.create(Schema.Type.STRING));
        assertThat(asked.get(0)).endsWith("Basic YW5uOnNlY3JldA==");
        assertThatThrownBy(() -> registry.byId(2))
                .hasMessageContaining("with 401")
                .hasMessageNotContaining("secret");
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new HttpSchemaRegistry("localhost:8081"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http://127.0.0.1:8081");
    }

    @Test
    void aPasswordIsNeverShownWhateverSignsItHas() {
        for (String userInfo :
                List.of("ann:s3cr@t@", "ann:s3cret%40@", "ann:s3cr/t@", "ann:s3cr?t@", "ann:s3cr#t@", "ann:s3cr t@")) {
            try {
                answers.clear();
                answers.add(new Answer(401, "who?"));
                registry(userInfo).byId(2);
            } catch (RuntimeException e) {
                assertThat(e).hasMessageNotContaining("s3cr");
            }
        }
        assertThat(asked).hasSizeGreaterThanOrEqualTo(2);
        assertThat(asked.get(0)).as("ann:s3cr@t").endsWith("Basic YW5uOnMzY3JAdA==");
        assertThat(RegistryAddress.withoutPassword("http://ann:s3cr@t@host:8081/x"))
                .isEqualTo("http://USER:PASSWORD@host:8081/x");
        assertThat(RegistryAddress.withoutPassword("http://host:8081/x")).isEqualTo("http://host:8081/x");
    }
}
