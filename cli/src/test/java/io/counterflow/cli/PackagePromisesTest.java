package io.counterflow.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import java.io.ObjectInputStream;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages of packages promise of what is not in them; who may import whom among the modules is in {@link ArchitectureTest}. */
class PackagePromisesTest {

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.counterflow");

    private static final String[] LOG = {"io.counterflow.log..", "io.counterflow.schemas..", "org.apache.kafka.."};
    private static final String[] TENSORS = {"ai.djl..", "io.counterflow.model.."};
    private static final String[] FILES = {"java.nio.file..", "io.counterflow.files.."};
    private static final String[] NETWORK = {"java.net..", "com.sun.net.."};

    private static Stream<Arguments> promises() {
        return Stream.of(
                promise("trainer.objective..", "plain arithmetic, no tensors, no log, no files", TENSORS, LOG, FILES),
                promise(
                        "trainer.experiment..",
                        "plain arithmetic, no tensors, no log, no files, no drawing",
                        TENSORS,
                        LOG,
                        FILES,
                        packages("java.awt..", "org.jfree..")),
                promise("trainer.order..", "it does not know what is put in order", TENSORS, LOG, FILES),
                promise(
                        "trainer.step..",
                        "no clock, no log, no randomness of its own",
                        LOG,
                        packages("java.time..", "java.util.random..", "io.counterflow.trainer.order..")),
                promise("trainer.likelihood..", "it needs no log", LOG),
                promise(
                        "trainer.replay..",
                        "nothing here writes to the log",
                        packages("org.apache.kafka.clients.producer..", "io.counterflow.trainer.ledger..")),
                promise("log.ledger..", "nothing here writes", packages("org.apache.kafka.clients.producer..")),
                promise(
                        "log.registry..",
                        "it does not know Counterflow's records",
                        packages("io.counterflow.schemas..")),
                promise("log.lines..", "it does not know what lines mean", packages("io.counterflow.schemas..")),
                promise("model.checkpoint..", "it runs no network", NETWORK),
                promise("model.tokenizer..", "it runs no network", NETWORK),
                promise(
                        "model.safetensors..",
                        "it knows nothing of models",
                        packages(
                                "io.counterflow.model.checkpoint..",
                                "io.counterflow.model.tokenizer..",
                                "io.counterflow.model.source..")),
                promise(
                        "model.decoder..",
                        "it knows nothing of tokenizers, samples or training",
                        packages(
                                "io.counterflow.model.tokenizer..",
                                "io.counterflow.model.sampling..",
                                "io.counterflow.model.training..",
                                "io.counterflow.model.source..")),
                promise(
                        "model.sampling..",
                        "it does not know how weights are loaded or trained",
                        packages(
                                "io.counterflow.model.source..",
                                "io.counterflow.model.safetensors..",
                                "io.counterflow.model.training..")),
                promise(
                        "producer.source..",
                        "nothing here reads or writes the log",
                        packages("io.counterflow.log.ledger..", "org.apache.kafka..")),
                promise(
                        "scorer",
                        "nothing in here knows of Kafka",
                        packages("org.apache.kafka..", "io.counterflow.log")),
                promise(
                        "imports..",
                        "nothing here samples",
                        packages("io.counterflow.producer", "io.counterflow.model.sampling..", "io.counterflow.model")),
                promise("scorer.text..", "a completion's text alone", LOG, NETWORK, TENSORS),
                promise("scorer.recipe..", "it does not know where scores come from", packages("org.apache.kafka..")),
                promise(
                        "cli.dashboard..",
                        "it writes nothing to the log",
                        packages("org.apache.kafka.clients.producer..")),
                promise("cli.plot..", "it does not know what is drawn", LOG, TENSORS));
    }

    private static Arguments promise(String packages, String words, String[]... not) {
        return Arguments.of(
                "io.counterflow." + packages,
                words,
                Stream.of(not).flatMap(Stream::of).toArray(String[]::new));
    }

    private static String[] packages(String... packages) {
        return packages;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("promises")
    void aPackageKeepsWhatItsPagePromises(String where, String words, String[] not) {
        ArchRule rule = noClasses()
                .that()
                .resideInAPackage(where)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(not)
                .because(words);
        rule.check(OURS);
    }

    /** Its seed is the ledger's: a step that is done again comes out the same. */
    @Test
    void aStepDrawsNothingOfItsOwn() {
        noClasses()
                .that()
                .resideInAPackage("io.counterflow.trainer.step..")
                .should()
                .dependOnClassesThat(belongToAnyOf(Random.class, SplittableRandom.class, ThreadLocalRandom.class))
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(OURS);
    }

    @Test
    void aProducerDoesNotKnowWhatCompletionsAreWorth() {
        noClasses()
                .that()
                .resideInAnyPackage("io.counterflow.producer", "io.counterflow.producer.source..")
                .should()
                .dependOnClassesThat(belongToAnyOf(Score.class, Outcome.class, ScoredGroup.class))
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("io.counterflow.imports..")
                .check(OURS);
    }

    /** A program that runs beside it could find it there. */
    @Test
    void whatRunsBesideAProgramUnderTestSeesTheJdkAloneAndKeepsNoStateInStaticFields() {
        String worker = "io.counterflow.scorer.unittests.worker..";
        noClasses()
                .that()
                .resideInAPackage(worker)
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "javax.tools..", "javax.lang.model..", "com.sun.source..", worker)
                .check(OURS);
        noFields()
                .that()
                .areDeclaredInClassesThat()
                .resideInAPackage(worker)
                .and()
                .areStatic()
                .should()
                .notBeFinal()
                .check(OURS);
    }

    @Test
    void aConfigurationIsCheckedWithoutABrokerAndWithoutAModelInMemory() {
        noClasses()
                .that()
                .resideInAPackage("io.counterflow.cli.check..")
                .should()
                .dependOnClassesThat(belongToAnyOf(
                        Log.class, LogReader.class, Admin.class, LanguageModel.class, SequenceClassifier.class))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.engine..", "ai.djl.pytorch..", "java.net.http..")
                .check(OURS);
    }

    /** What it holds came from a process that a program under test may have made its own. */
    @Test
    void theTestsSideReadsNoSerializedJava() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.counterflow.scorer.unittests",
                        "io.counterflow.scorer.unittests.judge..",
                        "io.counterflow.scorer.unittests.worker..",
                        "io.counterflow.scorer.unittests.wire..")
                .should()
                .dependOnClassesThat(belongToAnyOf(ObjectInputStream.class))
                .check(OURS);
    }
}
