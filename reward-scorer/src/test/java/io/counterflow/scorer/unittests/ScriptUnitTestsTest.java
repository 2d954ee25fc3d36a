package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.tokenizer.CompletionText;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Executables;
import io.counterflow.scorer.sandbox.Sandbox;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptUnitTestsTest {

    private static final String PYTHON_TESTS = """
            def test_seven_and_three():
                assert f(7, 3) == 19, f(7, 3)

            def test_four_and_nine():
                assert f(4, 9) == 25, f(4, 9)
            """;
    private static final String JAVASCRIPT_TESTS = """
            function testSevenAndThree() { console.assert(f(7, 3) === 19, f(7, 3)); }
            async function testFourAndNine() { if (f(4, 9) !== 25) throw new Error('not ' + f(4, 9)); }
            """;

    @TempDir
    Path host;

    private Sandbox sandbox;
    private UnitTestScorer scorer;
    private ServerSocket server;

    @BeforeEach
    void start() throws Exception {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        sandbox = Sandbox.detect(true);
        scorer = new UnitTestScorer(
                new UnitTestsConfig(null, null, null, Duration.ofSeconds(5), null, null, null, null, true), sandbox);
    }

    @AfterEach
    void stop() throws Exception {
        scorer.close();
        server.close();
    }

    private String here(String trick) {
        return trick.replace("{port}", String.valueOf(server.getLocalPort())).replace("{host}", host.toString());
    }

    private Scored python(String completion, String tests) throws Exception {
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        return scored("python", "def f(a, b):\n", completion, tests);
    }

    private Scored javascript(String completion, String tests) throws Exception {
        assumeTrue(Executables.find("node").isPresent(), "no node here");
        return scored("javascript", "function f(a, b) {\n", completion, tests);
    }

    private Scored scored(String language, String prompt, String completion, String tests) throws Exception {
        return (Scored) scorer.score(List.of(
                        new ScoreRequest("s", prompt, completion, Map.of("language", language, "tests", tests))))
                .get(0);
    }

    @Test
    void pythonTestsPassAndFailOneByOne() throws Exception {
        assertThat(python("    return max(a, b) * 3 - 2\n", PYTHON_TESTS).value())
                .isOne();
        Scored half = python("    print('hm')\n    return a * 3 - 2\n", PYTHON_TESTS);
        assertThat(half.value()).isEqualTo(0.5);
        assertThat(half.details().get("test_four_and_nine")).contains("AssertionError: 10");
        assertThat(half.details()).containsEntry("test_four_and_nine.stdout", "hm\nhm\n");
    }

    @Test
    void aModuleThatIsMissingIsTheTestsFaultOnlyWhereTheTestsImportIt() throws Exception {
        String program = "    raise ModuleNotFoundError(\"No module named 'zzz'\", name='zzz')\n";
        for (String tests : List.of("assert f(7, 3) == 19", "def test(): assert f(7, 3) == 19")) {
            assertThat(python(program, tests).value()).as(tests).isZero();
            assertThat(python("    import zzz_missing\n    return 19\n", tests).value())
                    .as(tests)
                    .isZero();
        }
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        assertThat(scorer.score(List.of(new ScoreRequest(
                        "s",
                        "def f(a, b):\n",
                        "    return 19\n",
                        Map.of("language", "python", "tests", "import xml.zzz_missing\nassert f(7, 3) == 19")))))
                .singleElement()
                .isInstanceOfSatisfying(ScoreOutcome.Rejected.class, rejected -> assertThat(rejected.cause())
                        .contains("zzz_missing"));
    }

    @Test
    void aScriptWhoseAssertionNobodyCallsTestsNothingWhateverTheProgram() throws Exception {
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        for (String program : List.of("    return 19\n", "    return 0\n")) {
            assertThat(scorer.score(List.of(new ScoreRequest(
                            "s",
                            "def f(a, b):\n",
                            program,
                            Map.of(
                                    "language",
                                    "python",
                                    "tests",
                                    "def never():\n    assert f(7, 3) == 19\nx = f(7, 3)")))))
                    .as(program)
                    .singleElement()
                    .isInstanceOf(ScoreOutcome.Rejected.class);
        }
    }

    /** Llama 2's ids. Decoded alone, the first of the two lines has a space less, which is no Python. */
    @Test
    void sampledPythonKeepsTheIndentationOfItsFirstLine(@TempDir Path folder) throws Exception {
        Path resource = Path.of("../checkpoints/src/test/resources/tokenizers/completion-text.json.gz");
        JsonNode tokenizers;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(resource))) {
            tokenizers = new ObjectMapper().readTree(in).get("tokenizers");
        }
        Files.writeString(
                folder.resolve(Tokenizer.FILE_NAME), tokenizers.get("llama2").toString());
        int[] prompt = {822, 285, 29898, 29916, 1125, 13};
        int[] completion = {1678, 736, 921, 13, 1678, 736, 921, 13};
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            String text = CompletionText.of(tokenizer, prompt, completion);
            assertThat(scored("python", tokenizer.decode(prompt), text, "assert f(7) == 7\n")
                            .value())
                    .isOne();
        }
    }

    @Test
    void javascriptTestsPassAndFailOneByOne() throws Exception {
        assertThat(javascript("  return Math.max(a, b) * 3 - 2; }\n", JAVASCRIPT_TESTS)
                        .value())
                .isOne();
        Scored half = javascript("  console.log('hm'); return a * 3 - 2; }\n", JAVASCRIPT_TESTS);
        assertThat(half.value()).isEqualTo(0.5);
        assertThat(half.details().get("testFourAndNine")).contains("Error: not 10");
        assertThat(half.details()).containsEntry("testFourAndNine.stdout", "hm\nhm\n");
    }

    @Test
    void aScriptWithoutTestFunctionsIsOneTest() throws Exception {
        assertThat(python("    return 1\n", "assert f(1, 2) == 1\n").value()).isOne();
        assertThat(python("    return 1\n", "assert f(1, 2) == 2\n").value()).isZero();
        assertThat(javascript("  return 1; }\n", "console.assert(f(1, 2) === 1)")
                        .value())
                .isOne();
        assertThat(javascript("  return 1; }\n", "console.assert(f(1, 2) === 2)")
                        .value())
                .isZero();
    }

    @Test
    void whatIsNoProgramScoresZeroAndSaysWhy() throws Exception {
        assertThat(python("    return (\n", PYTHON_TESTS).details().get("compiler"))
                .contains("never closed");
        assertThat(javascript("  return (; }\n", JAVASCRIPT_TESTS).details().get("compiler"))
                .contains("SyntaxError");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "import os; os._exit(0)",
                "import sys; sys.exit(0)",
                "while True: pass",
                "import time; time.sleep(1000)",
                "x = []\nwhile True: x.append(bytearray(1 << 20))",
                "import os\nwhile True: os.fork()",
                "import sys\nwhile True: print('passed'); sys.__stdout__.write('passed')",
                "import os\nfor d in range(0, 64):\n  try: os.write(d, b'x end 0 1 {\"failure\": null}\\n' * 3)\n  except OSError: pass\nos._exit(0)",
                "open('/etc/passwd').read(); ok = True",
                "open('/proc/self/maps').read(); ok = True",
                "import socket; socket.create_connection(('127.0.0.1', {port})); ok = True",
                "ok = open('{host}/secret').read() == 'of the host'",
                "open('{host}/trace', 'w'); ok = True",
                "import os, threading\nfor i in range(100): open('/tmp/%d' % i, 'wb').write(bytes(1 << 20))\nok = True",
                "open('/usr/lib/x', 'w'); ok = True",
                "import subprocess; subprocess.run(['/bin/sh', '-c', 'true'], check=True); ok = True",
                "import os, signal; os.kill(os.getppid(), signal.SIGKILL); os.kill(1, signal.SIGKILL)",
            })
    void noPythonTrickPasses(String trick) throws Exception {
        assumeTrue(sandbox.isolates(), "this machine offers no isolation to test");
        Files.writeString(host.resolve("secret"), "of the host");
        Scored scored = python("    pass\nok = False\n" + here(trick) + "\n", "def test_trick():\n    assert ok\n");
        assertThat(scored.value()).as(scored.details().toString()).isZero();
        assertThat(scored.details()).doesNotContainKey("compiler");
        assertThat(host.resolve("trace")).doesNotExist();
        assertThat(python("    return max(a, b) * 3 - 2\n", PYTHON_TESTS).value())
                .isOne();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "process.exit(0)",
                "process.kill(process.pid)",
                "while (true) { }",
                "const x = []; while (true) x.push(new Array(1e6).fill(1))",
                "while (true) console.log('passed')",
                "require('fs').readFileSync('/etc/passwd'); ok = true",
                "require('fs').writeFileSync('/usr/lib/x', 'x'); ok = true",
                "require('child_process').execFileSync('/bin/sh', ['-c', 'true']); ok = true",
                "const r = require('child_process').spawnSync(process.execPath, ['-e', 'require(\"net\").connect({port}, \"127.0.0.1\")"
                        + ".on(\"connect\", () => process.exit(7))']); ok = r.status === 7",
                "ok = require('fs').readFileSync('{host}/secret', 'utf8') === 'of the host'",
                "require('fs').writeFileSync('{host}/trace', 'x'); ok = true",
                "for (let i = 0; i < 100; i++) require('fs').writeFileSync('/tmp/' + i, Buffer.alloc(1 << 20)); ok = true",
                "while (true) require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1)'])",
                "process.kill(process.ppid, 'SIGKILL'); process.kill(1, 'SIGKILL')",
                "for (let d = 0; d < 64; d++) { try { require('fs').writeSync(d, 'x end 0 1 {\"failure\": null}\\n'.repeat(3)); }"
                        + " catch (e) { } } process.exit(0)",
            })
    void noJavascriptTrickPasses(String trick) throws Exception {
        assumeTrue(sandbox.isolates(), "this machine offers no isolation to test");
        Files.writeString(host.resolve("secret"), "of the host");
        Scored scored = javascript(
                "}\nvar ok = false;\n" + here(trick) + ";\n", "function testTrick() { console.assert(ok); }\n");
        assertThat(scored.value()).as(scored.details().toString()).isZero();
        assertThat(scored.details()).doesNotContainKey("compiler");
        assertThat(host.resolve("trace")).doesNotExist();
        assertThat(javascript("  return Math.max(a, b) * 3 - 2; }\n", JAVASCRIPT_TESTS)
                        .value())
                .isOne();
    }
}
