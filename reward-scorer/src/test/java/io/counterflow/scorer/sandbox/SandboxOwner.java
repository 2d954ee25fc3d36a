package io.counterflow.scorer.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A program that starts sandboxed commands one after the other until it is killed. */
final class SandboxOwner {

    private SandboxOwner() {}

    /** Arguments: the isolation, whether commands read, a folder, the name and the value of a mark in their environment. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[2]);
        Sandbox sandbox = SandboxChoice.of(arguments[0], folder);
        SandboxedCommand command =
                OrphanTest.sleep(Boolean.parseBoolean(arguments[1]), Map.of(arguments[3], arguments[4]));
        System.out.println("starting");
        for (int i = 0; i < 40; i++) {
            sandbox.start(command, Files.createDirectory(folder.resolve("root-" + i)));
        }
        Thread.sleep(Long.MAX_VALUE);
    }
}
