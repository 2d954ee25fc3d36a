package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.schemas.ChatMessage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The golden values were computed with Python's hashlib from the formula in the documentation. */
class IdentifiersTest {

    @Test
    void aPromptsIdDependsOnTaskSplitAndText() {
        assertThat(Identifiers.promptId("programs", "train", "a plus b")).isEqualTo("1284e21cbd7241a6199c047cfa0dd40b");
        assertThat(Identifiers.promptId("programs", "held-out", "a plus b"))
                .isNotEqualTo("1284e21cbd7241a6199c047cfa0dd40b");
        assertThat(Identifiers.promptId("program", "strain", "a plus b"))
                .isNotEqualTo("1284e21cbd7241a6199c047cfa0dd40b");
    }

    @Test
    void aConversationsIdDependsOnEveryMessage() {
        List<ChatMessage> messages =
                List.of(new ChatMessage("system", "Be brief.", null), new ChatMessage("user", "Zwölf?", null));
        assertThat(Identifiers.promptId("chat", "train", messages)).isEqualTo("6ce1747f6d5964e4443b0c42dd067fda");
    }

    @Test
    void aConversationWithMoreThanTextsHasAnIdOfAllOfIt() {
        List<ChatMessage> messages = List.of(
                new ChatMessage("user", "Zwölf?", "{\"role\":\"user\",\"content\":\"Zwölf?\",\"name\":\"Ann\"}"));
        assertThat(Identifiers.promptId("chat", "train", messages, Map.of("tools", "[]")))
                .isEqualTo("9fe6bc53f58d682d5c90e7969c18bb90");
        assertThat(Identifiers.promptId("chat", "train", messages)).isNotEqualTo("9fe6bc53f58d682d5c90e7969c18bb90");
    }

    @Test
    void groupsAndCompletionsFollowFromRunPromptAndPass() {
        String group = Identifiers.groupId("r1", "p1", 3);
        assertThat(group).isEqualTo("4936dd440411fb8c71f5b9bbfcacd086");
        assertThat(Identifiers.evaluationGroupId("r1", "p1", 3)).isEqualTo("391fd25e6876ef8fc64940586adbae87");
        assertThat(Identifiers.completionId(group, 0)).isEqualTo("75ca773b169b6ae702455f87d87a90cb");
        assertThat(Identifiers.completionId(group, 1)).isEqualTo("bb8ce398296e5be2f5ff20ff22132b7e");
    }

    @Test
    void seedsAndOrderFollowFromTheRunsSeed() {
        assertThat(Identifiers.sampleSeed(7, "c1")).isEqualTo(1760524411875067674L);
        assertThat(Identifiers.orderKey(7, 0, "p1"))
                .isEqualTo("ec98862a5f088298ec46333661932a75b301243aa3468a4272e58da82ad6afe5");
    }
}
