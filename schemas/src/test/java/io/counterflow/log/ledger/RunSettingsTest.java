package io.counterflow.log.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.schemas.RunStarted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunSettingsTest {

    @Test
    void aBatchMayHaveOneGroup() {
        String one = LedgerEntries.SETTINGS.replace("\"groups\":4", "\"groups\":1");

        assertThat(RunSettings.parse("r", one).groupsInStep()).isEqualTo(1);
    }

    @Test
    void theSettingsAreThoseOfTheFirstEntry() {
        RunStarted started =
                (RunStarted) LedgerEntries.started("r", LedgerEntries.SETTINGS).getEntry();

        assertThat(RunSettings.of("r", started)).isEqualTo(new RunSettings("copg", 0.1, 1, 4, 7));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "groups":4            | "groups":0        | batch.groups is 0, must be at least 1
                    "groups":4            | "groups":5e9      | batch.groups is 5.0E9, must be a whole number
                    "groups":4            | "groups":3000000000 | batch.groups is 3000000000, must be at least 1
                    "groups":4            | "groups":"4"      | batch.groups is "4", must be a whole number
                    "groups":4            | "microBatch":4    | batch.groups is missing
                    "batch":              | "batches":        | batch.groups is missing
                    "objective":          | "loss":           | objective.name is missing
                    "name":"copg"         | "name":""         | objective.name is "", must be a name
                    "name":"copg"         | "name":3          | objective.name is 3, must be a name
                    "beta":0.1            | "beta":null       | objective.beta is null, must be a number
                    "beta":0.1            | "temperature":0.1 | objective.beta is missing
                    "rewardScale":1.0     | "scale":1.0       | objective.rewardScale is missing
                    "seed":7              | "seed":7.5        | seed is 7.5, must be a whole number
                    "seed":7              | "seeds":7         | seed is missing
                    "seed":7}             | "seed":7          | not JSON
                    "seed":7              | "seed":7,"seed":8 | has the key 'seed' twice
                    """, quoteCharacter = '`')
    void aSettingThatIsMissingOrSomethingElseIsRefusedAndNothingStandsInForIt(
            String there, String instead, String why) {
        String damaged = LedgerEntries.SETTINGS.replace(there, instead);
        assertThat(damaged).isNotEqualTo(LedgerEntries.SETTINGS);

        assertThatThrownBy(() -> RunSettings.parse("r", damaged))
                .isInstanceOf(LedgerException.class)
                .hasMessageStartingWith("the settings of run r in the ledger cannot be read: " + why)
                .hasMessageEndingWith(". They are damaged, or of a version that this one does not know");
    }
}
