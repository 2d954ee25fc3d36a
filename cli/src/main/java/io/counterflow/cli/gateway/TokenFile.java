package io.counterflow.cli.gateway;

import io.counterflow.cli.config.ConfigException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The file with the token that a gateway's clients must bear; nobody but its owner reads one that is made here. */
record TokenFile(Path file) {

    private static final int BYTES = 32;
    private static final int LEAST = 16;

    /**
     * The token, which is made where there is none.
     *
     * @throws ConfigException where the file cannot be read or made, or holds no token
     */
    String token(SecureRandom random) {
        try {
            if (!Files.exists(file)) {
                make(random);
            }
            String token = Files.readString(file).strip();
            if (!token.matches("[\\x21-\\x7e]{" + LEAST + ",}")) {
                throw new ConfigException(file + " holds no token: " + LEAST
                        + " or more visible ASCII characters; remove it, and a new one is made");
            }
            return token;
        } catch (IOException e) {
            throw new ConfigException("the token file " + file + " cannot be read or made: " + e + "; name another with"
                    + " --token-file");
        }
    }

    private void make(SecureRandom random) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] mine = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        Path whole = Files.createTempFile(folder, "gateway", ".token", mine);
        try {
            Files.writeString(whole, HexFormat.of().formatHex(bytes) + "\n");
            Files.createLink(file, whole);
        } catch (FileAlreadyExistsException e) {
            // Another gateway was quicker; its token counts.
        } finally {
            Files.delete(whole);
        }
    }
}
