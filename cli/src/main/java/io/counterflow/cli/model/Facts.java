package io.counterflow.cli.model;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.ArrayList;
import java.util.List;

/** A table of names and values. For one thread. */
final class Facts {

    private record Fact(String name, String value) {}

    private final String title;
    private final List<Fact> facts = new ArrayList<>();

    Facts(String title) {
        this.title = title;
    }

    Facts add(String name, Object value) {
        facts.add(new Fact(name, String.valueOf(value)));
        return this;
    }

    /** The table, without a trailing line break. */
    String render() {
        return AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                facts,
                List.of(
                        new Column().header("").dataAlign(HorizontalAlign.LEFT).with(Fact::name),
                        new Column()
                                .header(title)
                                .headerAlign(HorizontalAlign.LEFT)
                                .dataAlign(HorizontalAlign.LEFT)
                                .maxWidth(100)
                                .with(Fact::value)));
    }
}
