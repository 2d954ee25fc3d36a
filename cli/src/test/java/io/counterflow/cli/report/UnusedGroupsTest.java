package io.counterflow.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnusedGroupsTest {

    @Test
    void whatTheLedgerNamesIsNotLeftWhereverItStands() {
        UnusedGroups groups = new UnusedGroups();
        groups.add("0:1", "one", "a@1");
        groups.add("0:2", "two", "a@1");
        groups.add("1:1", "three", "b@2");
        groups.add("1:2", "two", "a@1");
        groups.add("1:3", "four", "b@2");
        groups.add("1:4", "four", "b@2");
        assertThat(groups.without(List.of("0:1", "1:2", "7:7"))).isEqualTo(Map.of("b@2", 2L));
        assertThat(groups.without(List.of())).isEqualTo(Map.of("a@1", 2L, "b@2", 2L));
    }
}
