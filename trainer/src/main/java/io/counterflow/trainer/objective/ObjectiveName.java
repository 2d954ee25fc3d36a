package io.counterflow.trainer.objective;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The objectives by the names that a configuration uses. */
public enum ObjectiveName {
    /** {@link Copg}. */
    COPG,
    /** {@link LengthNormalisedCopg}. */
    COPG_LENGTH_NORMALISED,
    /** {@link Ipo}, summed. */
    IPO,
    /** {@link Ipo}, by the mean over tokens. */
    IPO_LENGTH_NORMALISED,
    /** {@link Dpo}. */
    DPO,
    /** {@link PolicyGradient} without baseline. */
    PG,
    /** {@link PolicyGradient} with the group's mean reward as baseline. */
    PG_VALUE,
    /** {@link Rloo}. */
    RLOO,
    /** {@link Grpo}. */
    GRPO,
    /** {@link DrGrpo}. */
    DR_GRPO,
    /** {@link Rebel}. */
    REBEL,
    /** {@link Agro} on anybody's samples. */
    AGRO,
    /** {@link Agro} on the policy's own samples. */
    AGRO_ON_POLICY,
    /** {@link Dro}. */
    DRO,
    /** {@link Likelihood}. */
    SFT;

    @JsonValue
    public String configName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * @throws IllegalArgumentException for a name that is none of them
     */
    @JsonCreator
    public static ObjectiveName fromConfigName(String name) {
        return Arrays.stream(values())
                .filter(n -> n.configName().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("objective '" + name + "' is none of "
                        + Arrays.stream(values()).map(ObjectiveName::configName).collect(Collectors.joining(", "))));
    }
}
