package io.counterflow.scorer.unittests;

import java.io.IOException;
import java.math.BigInteger;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;

/**
 * Where a sandboxed process finds us: a socket in a folder that it sees, and a word by which we know it.
 *
 * @param root folder that the sandbox is made in
 * @param shared folder that the process sees
 * @param socket in {@code shared}; there once {@link #open} has returned
 * @param token what the process says first
 */
record MeetingPlace(Path root, Path shared, Path socket, String token) {

    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * Prepares one.
     *
     * @param folder a new folder for one process alone
     */
    static MeetingPlace in(Path folder) throws IOException {
        Path root = Files.createDirectories(folder.resolve("root"));
        Path shared = Files.createDirectories(folder.resolve("shared"));
        // The sandbox may run as another user; nobody else can look into our folder to find these.
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new MeetingPlace(root, shared, shared.resolve("socket"), new BigInteger(128, RANDOM).toString(36));
    }

    /** Begins to listen. */
    ServerSocketChannel open() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Takes the socket away: nobody else is to come. */
    void close() throws IOException {
        Files.deleteIfExists(socket);
    }
}
