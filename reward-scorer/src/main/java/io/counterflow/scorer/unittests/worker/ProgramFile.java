package io.counterflow.scorer.unittests.worker;

import java.net.URI;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.NestingKind;
import javax.tools.FileObject;
import javax.tools.SimpleJavaFileObject;

/** A program as javac sees it: a source file, in a package of its own unless it names one. */
final class ProgramFile extends SimpleJavaFileObject {

    private static final Pattern PACKAGE = Pattern.compile("(?m)^\\s*package\\s+[\\w.]+\\s*;");

    private final int index;
    private final boolean ownPackage;
    private final String text;
    private final int testsOffset;
    private boolean malformed;

    ProgramFile(int index, Source source) {
        super(URI.create("memory:///p" + index + "/Program.java"), Kind.SOURCE);
        this.index = index;
        this.ownPackage = PACKAGE.matcher(source.text()).find();
        // On the first line, so that line numbers in messages stay right.
        String prefix = ownPackage ? "" : "package p" + index + "; ";
        this.text = prefix + source.text();
        this.testsOffset = prefix.length() + source.testsOffset();
    }

    /** Which program a file is, or a class file is made from; javac hands out wrappers of its own. */
    static int indexOf(FileObject file) {
        String path = file.toUri().getPath();
        return Integer.parseInt(path.substring(2, path.indexOf('/', 1)));
    }

    int index() {
        return index;
    }

    boolean ownPackage() {
        return ownPackage;
    }

    /** Whether its syntax is wrong, so that no library could help. */
    boolean malformed() {
        return malformed;
    }

    void setMalformed() {
        malformed = true;
    }

    int testsOffset() {
        return testsOffset;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
        // A program is one text, whatever its public class is called.
        return kind == Kind.SOURCE;
    }

    @Override
    public NestingKind getNestingKind() {
        return null;
    }

    @Override
    public Modifier getAccessLevel() {
        return null;
    }
}
