package io.counterflow.trainer.batch;

import io.counterflow.log.ledger.RunLedger;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The one recipe that a run learns from, by its content: rewards of two recipes are on two scales, whatever their names. The
 * first group that may be used decides, where the ledger has not. Not thread-safe.
 */
public final class RunRecipe {

    /** What the cause of a group that another recipe rewarded begins with. */
    public static final String CAUSE = "was rewarded by recipe ";

    private static final int SHOWN = 8;

    private final boolean any;
    private final Consumer<String> remarks;
    private final Set<String> refused = new HashSet<>();
    private String sha256;
    private String shown;

    private RunRecipe(boolean any, String sha256, Consumer<String> remarks) {
        this.any = any;
        this.sha256 = sha256;
        this.shown = sha256 == null ? null : "@" + beginning(sha256);
        this.remarks = Objects.requireNonNull(remarks, "remarks");
    }

    /**
     * The recipe that a run has learned from so far.
     *
     * @param remarks takes one line for each other recipe that is met
     */
    public static RunRecipe of(RunLedger ledger, Consumer<String> remarks) {
        if (ledger.planned().isEmpty()) {
            return undecided(remarks);
        }
        return ledger.recipeSha256().map(sha256 -> of(sha256, remarks)).orElseGet(RunRecipe::any);
    }

    /**
     * Of a run that has learned from nothing yet.
     *
     * @param remarks takes one line for each other recipe that is met
     */
    public static RunRecipe undecided(Consumer<String> remarks) {
        return new RunRecipe(false, null, remarks);
    }

    /** Of a run that has learned from groups of this recipe. */
    public static RunRecipe of(String sha256, Consumer<String> remarks) {
        return new RunRecipe(false, Objects.requireNonNull(sha256, "sha256"), remarks);
    }

    /** Of a run whose ledger was begun before it named recipes: any, as then. */
    public static RunRecipe any() {
        return new RunRecipe(true, null, remark -> {});
    }

    /** Why a group is set aside, where another recipe rewarded it. */
    public Optional<String> refusal(TrainingGroup group) {
        if (any || sha256 == null || sha256.equals(group.recipeSha256())) {
            return Optional.empty();
        }
        String cause = CAUSE + name(group) + ", but this run learns from " + shown;
        if (refused.add(group.recipeSha256())) {
            remarks.accept("the group at " + group.where() + " " + cause + ": such groups are set aside. Set the recipe"
                    + " back, or begin another run for the new one");
        }
        return Optional.of(cause);
    }

    /** Takes a group that is used: from the first one on, only its recipe counts. */
    void use(TrainingGroup group) {
        if (!any) {
            sha256 = group.recipeSha256();
            shown = name(group);
        }
    }

    /** SHA-256 of the recipe; empty where it is not decided, or not kept to. */
    public Optional<String> sha256() {
        return Optional.ofNullable(sha256);
    }

    /** A recipe in a few letters: its name and the beginning of its SHA-256. */
    public static String name(TrainingGroup group) {
        return name(group.recipe(), group.recipeSha256());
    }

    /** The same of a name and a hash. */
    public static String name(String recipe, String sha256) {
        return recipe + "@" + beginning(sha256);
    }

    private static String beginning(String sha256) {
        return sha256.substring(0, Math.min(SHOWN, sha256.length()));
    }
}
