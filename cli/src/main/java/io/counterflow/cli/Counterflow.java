package io.counterflow.cli;

import io.counterflow.cli.bench.BenchCommand;
import io.counterflow.cli.check.ConfigCommand;
import io.counterflow.cli.config.InitCommand;
import io.counterflow.cli.dashboard.DashboardCommand;
import io.counterflow.cli.data.DataCommand;
import io.counterflow.cli.deadletters.DeadLettersCommand;
import io.counterflow.cli.deadletters.RedriveCommand;
import io.counterflow.cli.experiment.ExperimentCommand;
import io.counterflow.cli.gateway.GatewayCommand;
import io.counterflow.cli.model.ModelCommand;
import io.counterflow.cli.policy.TrainPolicyCommand;
import io.counterflow.cli.quickstart.QuickstartCommand;
import io.counterflow.cli.report.CompareRunsCommand;
import io.counterflow.cli.report.ReportCommand;
import io.counterflow.cli.scorer.EvaluateScorerCommand;
import io.counterflow.cli.scorer.TrainScorerCommand;
import io.counterflow.cli.scores.RescoreCommand;
import io.counterflow.cli.scores.ScoreCommand;
import io.counterflow.cli.scores.ScoresCommand;
import io.counterflow.cli.services.BrokerCommand;
import io.counterflow.cli.services.RunCommand;
import io.counterflow.cli.services.SampleCommand;
import io.counterflow.cli.services.ServiceCommand;
import io.counterflow.cli.verify.AuditCommand;
import io.counterflow.cli.verify.ReplayCommand;
import io.counterflow.cli.verify.VerifyReplayCommand;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of the command line. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted. */
@Command(
        name = "counterflow",
        description = "Aligns language models on any sequence-level score, from a log.",
        mixinStandardHelpOptions = true,
        versionProvider = Counterflow.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            QuickstartCommand.class,
            InitCommand.class,
            RunCommand.class,
            SampleCommand.class,
            ReplayCommand.class,
            BrokerCommand.class,
            ServiceCommand.Producer.class,
            ServiceCommand.RewardScorer.class,
            ServiceCommand.Trainer.class,
            ConfigCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            GatewayCommand.class,
            TrainPolicyCommand.class,
            ReportCommand.class,
            CompareRunsCommand.class,
            DashboardCommand.class,
            ScoreCommand.class,
            DeadLettersCommand.class,
            RedriveCommand.class,
            RescoreCommand.class,
            ScoresCommand.class,
            TrainScorerCommand.class,
            EvaluateScorerCommand.class,
            AuditCommand.class,
            VerifyReplayCommand.class,
            ExperimentCommand.class,
            ModelCommand.class,
            DataCommand.class,
            BenchCommand.class,
            HelpCommand.class,
            AutoComplete.GenerateCompletion.class
        })
public final class Counterflow implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Which command? 'counterflow quickstart' runs everything once.");
    }

    /** The command line with its error handling, for {@link #main} and for tests. */
    public static CommandLine commandLine() {
        return new CommandLine(new Counterflow())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(new OptionRanges())
                .setExecutionExceptionHandler(new FailureMessages());
    }

    public static void main(String[] arguments) {
        Logging.configure();
        CommandLine commandLine = commandLine();
        int code;
        try {
            code = commandLine.execute(arguments);
        } catch (Error e) {
            code = FailureMessages.error(commandLine, e);
        }
        System.exit(code);
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Counterflow.class.getPackage().getImplementationVersion();
            return new String[] {
                "counterflow " + (version == null ? "(not packaged)" : version), "Java " + Runtime.version()
            };
        }
    }
}
