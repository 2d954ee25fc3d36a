package io.counterflow.log.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.registry.SchemaCatalog.Entry;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class SchemaCatalogTest {

    private static final Schema ONE =
            SchemaBuilder.record("R").fields().requiredInt("a").endRecord();
    private static final Schema TWO =
            SchemaBuilder.record("R").fields().requiredInt("a").optionalInt("b").endRecord();
    private static final Schema BROKEN =
            SchemaBuilder.record("R").fields().requiredInt("a").requiredInt("c").endRecord();

    private final SchemaCatalog catalog = new SchemaCatalog();

    private Entry register(String subject, Schema schema) {
        Entry entry = catalog.next(subject, schema);
        catalog.put(entry);
        return entry;
    }

    @Test
    void versionsCountWithinASubjectAndIdsOverAll() {
        assertThat(register("s", ONE)).isEqualTo(new Entry("s", 1, 1, ONE));
        assertThat(register("s", TWO)).isEqualTo(new Entry("s", 2, 2, TWO));
        assertThat(register("t", TWO)).isEqualTo(new Entry("t", 1, 2, TWO));
        assertThat(catalog.subjects()).containsExactly("s", "t");
        assertThat(catalog.versions("s")).extracting(Entry::version).containsExactly(1, 2);
        assertThat(catalog.schema(2)).contains(TWO);
        assertThat(catalog.find("s", TWO)).contains(new Entry("s", 2, 2, TWO));
        assertThat(catalog.find("t", ONE)).isEmpty();
    }

    @Test
    void aSchemaMustReadEveryEarlierVersionOfItsSubject() {
        register("s", ONE);
        register("s", TWO);

        assertThat(catalog.incompatibility("s", TWO)).isEmpty();
        assertThat(catalog.incompatibility("s", BROKEN).orElseThrow())
                .contains("version 1: READER_FIELD_MISSING_DEFAULT_VALUE", "; version 2: ");
        assertThat(catalog.incompatibility("nobody's", BROKEN)).isEmpty();
    }

    @Test
    void theNextIdIsBehindTheGreatestThatWasReadBack() {
        catalog.put(new Entry("s", 3, 41, ONE));

        assertThat(catalog.next("s", TWO)).isEqualTo(new Entry("s", 4, 42, TWO));
    }
}
