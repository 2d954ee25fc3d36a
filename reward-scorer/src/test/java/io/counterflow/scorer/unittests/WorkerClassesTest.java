package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.unittests.worker.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WorkerClassesTest {

    @Test
    void theListNamesEveryClassOfTheWorker() throws Exception {
        Path compiled =
                Path.of(Protocol.class.getResource("Protocol.class").toURI()).getParent();
        try (Stream<Path> files = Files.list(compiled)) {
            List<String> names = files.map(f -> f.getFileName().toString().replace(".class", ""))
                    .filter(name -> !name.equals("package-info"))
                    .toList();
            assertThat(WorkerClasses.NAMES).containsExactlyInAnyOrderElementsOf(names);
        }
    }
}
