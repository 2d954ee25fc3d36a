package io.counterflow.trainer.step;

import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.objective.LogProbability;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reference cache in one file beside the checkpoints, read at the start and appended to.
 *
 * <p>Begins with a header string that names what the values belong to; a file with another header is begun anew. Then
 * one record a group: length (int), CRC-32C (int), group id (UTF), members (int), and for each member whether tokens
 * follow (boolean), the sum (double) or the number of tokens (int) and the tokens (double). Reading stops at the first
 * record that is cut off or damaged; what follows is written over.
 */
public final class FileReferenceCache implements ReferenceCache {

    private static final Logger LOG = LoggerFactory.getLogger(FileReferenceCache.class);
    private static final int LARGEST_RECORD = 64 << 20;

    private final Map<String, List<LogProbability>> values = new HashMap<>();
    private final Path file;
    private final DataOutputStream out;

    /** @param header names what the values belong to: another reference or other settings make other values */
    public FileReferenceCache(Path file, String header) {
        this.file = file;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            long good = read(header);
            if (good == 0) {
                Files.deleteIfExists(file);
            }
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(good).position(good);
            out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
            if (good == 0) {
                out.writeUTF(header);
                out.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be opened", e);
        }
    }

    /** @return up to where the file is good */
    private long read(String header) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        long good = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (!in.readUTF().equals(header)) {
                return 0;
            }
            good = 2L + header.getBytes(StandardCharsets.UTF_8).length;
            while (true) {
                int length = in.readInt();
                int crc = in.readInt();
                if (length <= 0 || length > LARGEST_RECORD) {
                    return good;
                }
                byte[] body = new byte[length];
                in.readFully(body);
                if (crc(body) != crc) {
                    return good;
                }
                decode(body);
                good += 8 + length;
            }
        } catch (EOFException e) {
            return good;
        }
    }

    private void decode(byte[] body) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
        String groupId = in.readUTF();
        int members = in.readInt();
        List<LogProbability> group = new ArrayList<>(members);
        for (int i = 0; i < members; i++) {
            if (in.readBoolean()) {
                double[] tokens = new double[in.readInt()];
                for (int t = 0; t < tokens.length; t++) {
                    tokens[t] = in.readDouble();
                }
                group.add(LogProbability.ofTokens(tokens));
            } else {
                group.add(LogProbability.ofSum(in.readDouble()));
            }
        }
        values.put(groupId, group);
    }

    private static byte[] encode(String groupId, List<LogProbability> group) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeUTF(groupId);
        body.writeInt(group.size());
        for (LogProbability member : group) {
            body.writeBoolean(member.hasTokens());
            if (member.hasTokens()) {
                body.writeInt(member.tokens().length);
                for (double token : member.tokens()) {
                    body.writeDouble(token);
                }
            } else {
                body.writeDouble(member.sum());
            }
        }
        return bytes.toByteArray();
    }

    private static int crc(byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(body);
        return (int) crc.getValue();
    }

    @Override
    public Optional<List<LogProbability>> get(TrainingGroup group) {
        return Optional.ofNullable(values.get(group.groupId()))
                .filter(kept -> kept.size() == group.members().size());
    }

    @Override
    public void put(TrainingGroup group, List<LogProbability> computed) {
        values.put(group.groupId(), computed);
        try {
            byte[] body = encode(group.groupId(), computed);
            out.writeInt(body.length);
            out.writeInt(crc(body));
            out.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("cause", e.getMessage())
                    .log("the cache was not saved");
        }
    }
}
