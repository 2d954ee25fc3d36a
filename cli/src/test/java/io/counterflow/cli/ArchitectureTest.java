package io.counterflow.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

/** Who may import whom: cli -> {producer, reward-scorer, trainer} -> {schemas, language-model -> checkpoints}; cli -> broker -> schemas; all -> files. */
class ArchitectureTest {

    private static final String FILES = "io.counterflow.files..";
    private static final String SCHEMAS = "io.counterflow.schemas..";
    private static final String LOG = "io.counterflow.log..";
    private static final String BROKER = "io.counterflow.broker..";
    private static final String MODEL = "io.counterflow.model..";
    private static final String[] CHECKPOINTS = {
        "io.counterflow.model.json..",
        "io.counterflow.model.safetensors..",
        "io.counterflow.model.checkpoint..",
        "io.counterflow.model.inspection..",
        "io.counterflow.model.source..",
        "io.counterflow.model.tokenizer.."
    };
    private static final String PRODUCER = "io.counterflow.producer..";
    private static final String IMPORTS = "io.counterflow.imports..";
    private static final String SCORER = "io.counterflow.scorer..";
    private static final String TRAINER = "io.counterflow.trainer..";
    private static final String CLI = "io.counterflow.cli..";

    private static final Class<Command> COMMAND = Command.class;

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.counterflow");

    @Test
    void theThreeServicesKnowNothingOfEachOther() {
        noClasses()
                .that()
                .resideInAPackage(PRODUCER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SCORER, TRAINER, BROKER, CLI)
                .check(OURS);
        noClasses()
                .that()
                .resideInAPackage(IMPORTS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SCORER, TRAINER, BROKER, CLI)
                .check(OURS);
        noClasses()
                .that()
                .resideInAPackage(SCORER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(PRODUCER, IMPORTS, TRAINER, BROKER, CLI)
                .check(OURS);
        noClasses()
                .that()
                .resideInAPackage(TRAINER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(PRODUCER, IMPORTS, SCORER, BROKER, CLI)
                .check(OURS);
    }

    @Test
    void filesKnowTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage(FILES)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(FILES, "java..")
                .check(OURS);
    }

    /** So that all of them are lower-case hexadecimal, and a fault in one place is one fault. */
    @Test
    void hashesHaveOneHome() {
        noClasses()
                .that()
                .resideOutsideOfPackage(FILES)
                .and()
                .doNotHaveFullyQualifiedName("io.counterflow.model.source.GitBlob")
                .should()
                .callMethod(MessageDigest.class, "getInstance", String.class)
                .check(OURS);
    }

    @Test
    void theLogKnowsNothingOfModels() {
        noClasses()
                .that()
                .resideInAnyPackage(SCHEMAS, LOG)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(BROKER, MODEL, PRODUCER, IMPORTS, SCORER, TRAINER, CLI, "ai.djl..")
                .check(OURS);
    }

    @Test
    void theBrokerKnowsTheLogAlone() {
        noClasses()
                .that()
                .resideInAPackage(BROKER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SCHEMAS, MODEL, PRODUCER, IMPORTS, SCORER, TRAINER, CLI, "ai.djl..")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackage(BROKER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("kafka..")
                .check(OURS);
    }

    @Test
    void theLanguageModelKnowsNothingOfKafka() {
        noClasses()
                .that()
                .resideInAPackage(MODEL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        SCHEMAS,
                        LOG,
                        BROKER,
                        PRODUCER,
                        IMPORTS,
                        SCORER,
                        TRAINER,
                        CLI,
                        "org.apache.kafka..",
                        "org.apache.avro..")
                .check(OURS);
    }

    @Test
    void checkpointsAreReadAndWrittenWithoutAnEngine() {
        noClasses()
                .that()
                .resideInAnyPackage(CHECKPOINTS)
                .should()
                .dependOnClassesThat(JavaClass.Predicates.resideInAPackage(MODEL)
                        .and(not(JavaClass.Predicates.resideInAnyPackage(CHECKPOINTS))))
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.engine..", "ai.djl.pytorch..", "ai.onnxruntime..")
                .check(OURS);
    }

    @Test
    void aScorerPlugInNeedsTheJdkAlone() {
        noClasses()
                .that()
                .resideInAPackage("io.counterflow.scorer.api..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "io.counterflow.scorer.api..")
                .check(OURS);
    }

    @Test
    void objectivesAreMathematicsAlone() {
        noClasses()
                .that()
                .resideInAPackage("io.counterflow.trainer.objective..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SCHEMAS, LOG, MODEL, "org.apache.kafka..", "ai.djl..")
                .check(OURS);
    }

    @Test
    void noModuleHasACycleOfPackages() {
        for (String module :
                List.of("files", "log", "broker", "model", "producer", "imports", "scorer", "trainer", "cli")) {
            slices().matching("io.counterflow." + module + "(.*)")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(OURS);
        }
    }

    /** What the root has is what every command shares: the command line itself, its ranges of numbers, its words for failures. */
    @Test
    void aCommandLivesInThePackageOfTheWorkThatItStarts() {
        classes()
                .that()
                .areAnnotatedWith(COMMAND)
                .and()
                .haveNameNotMatching("io[.]counterflow[.]cli[.](Counterflow|ImportT?|ImportC|Export).*")
                .should()
                .resideInAnyPackage("io.counterflow.cli.(*)")
                .check(OURS);
        classes()
                .that()
                .areTopLevelClasses()
                .and()
                .areAnnotatedWith(COMMAND)
                .and()
                .doNotHaveFullyQualifiedName(Counterflow.class.getName())
                .should()
                .haveSimpleNameEndingWith("Command")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.counterflow.cli")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.counterflow.cli")
                .check(OURS);
    }

    /** So what it starts can be started without it, by another command or a test. */
    @Test
    void nobodyButTheCommandAboveItKnowsACommand() {
        noClasses()
                .that()
                .areNotAnnotatedWith(COMMAND)
                .and()
                .haveSimpleNameNotEndingWith("Command")
                .and()
                .resideOutsideOfPackage("io.counterflow.cli")
                .should()
                .dependOnClassesThat(annotatedWith(COMMAND))
                .check(OURS);
    }

    @Test
    void aCommandLeavesTheLogAndTheEngineToOthers() {
        noClasses()
                .that()
                .areAnnotatedWith(COMMAND)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.kafka..", "ai.djl..")
                .check(OURS);
    }

    @Test
    void namesSayWhatAThingIs() {
        classes()
                .that()
                .resideOutsideOfPackage(SCHEMAS)
                .should()
                .haveSimpleNameNotEndingWith("Utils")
                .andShould()
                .haveSimpleNameNotEndingWith("Util")
                .andShould()
                .haveSimpleNameNotEndingWith("Helper")
                .andShould()
                .haveSimpleNameNotEndingWith("Manager")
                .andShould()
                .haveSimpleNameNotEndingWith("Impl")
                .andShould()
                .haveSimpleNameNotStartingWith("Common")
                .check(OURS);
    }

    @Test
    void everyPackageSaysWhatBelongsInIt() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        try (Stream<Path> files = Files.find(
                root,
                20,
                (p, a) ->
                        p.toString().contains("/src/main/java/") && p.toString().endsWith(".java"))) {
            List<Path> packages = files.map(Path::getParent).distinct().toList();
            assertThat(packages).hasSizeGreaterThan(3);
            assertThat(packages)
                    .allSatisfy(p -> assertThat(p.resolve("package-info.java")).exists());
        }
    }
}
